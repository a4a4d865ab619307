/** Events of a benchmark file as ready-made records of the log. */
import { readFileSync } from "node:fs";
import { groupOf } from "../../../detectors/fold/working-set.ts";
import { type NewRecord, partitionOf } from "../../../services/ports/stream.ts";

const AGENT = Buffer.from('"agent":{"id":"');
const QUOTE = 0x22;

/** The lines of a file that fits into memory, without their ends. */
export function* linesOf(path: string): Generator<Buffer> {
  const bytes = readFileSync(path);
  for (let from = 0, end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    yield bytes.subarray(from, end);
    from = end + 1;
  }
}

/** The record of an event of the tenant `default`, for the partition of its agent. */
export function recordOf(line: Buffer, partitions: number): NewRecord {
  const from = line.indexOf(AGENT) + AGENT.length;
  const agent = line.toString("latin1", from, line.indexOf(QUOTE, from));
  return { stream: "events", partition: partitionOf(groupOf("default", agent), partitions), value: line };
}
