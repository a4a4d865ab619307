/**
 * Replay of a file of events with every detector, against reading and parsing that file, with the same reader and with the
 * platform's, and against a plain program.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readRecords, releaseBlock } from "../../../services/ingest/files.ts";
import type { BenchOptions, Case } from "../case.ts";
import { writeBenchFile } from "../data.ts";
import { byTurns, figure, timesOf, type Variant } from "../measure.ts";
import { randomReadNs } from "../memory-latency.ts";
import { plainReplay } from "../plain.ts";
import { replayFile } from "../replay-file.ts";

const MAX_LINE_BYTES = 1_048_576;
const WARM_UP_EVENTS = 30_000;
const PARSED = "read+JSON.parse";
const PARSED_BY_PLATFORM = "readline+JSON.parse";
const PLAIN = "plain reference";
const REFERENCES = [
  { name: PARSED, target: "≥ 1.0" },
  { name: PARSED_BY_PLATFORM, target: "≥ 1.0" },
  { name: PLAIN, target: "≥ 3.5" },
];

/** Reads the records of a file, with the reader of replay, and parses each of them; nothing else. */
async function readAndParse(path: string): Promise<number> {
  let events = 0;
  for await (const block of readRecords(path, { maxLineBytes: MAX_LINE_BYTES })) {
    if ("code" in block) continue;
    for (let at = 0; at < block.count; at++) {
      JSON.parse(block.bytes.toString("utf8", block.starts[at], block.ends[at]));
      events++;
    }
    releaseBlock(block);
  }
  return events;
}

/** The same with the lines of node:readline, which are strings already. */
async function readLinesAndParse(path: string): Promise<number> {
  let events = 0;
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    JSON.parse(line);
    events++;
  }
  return events;
}

const variantsOf = (path: string): Variant[] => [
  { name: "replay", run: () => replayFile(path, () => undefined) },
  { name: PARSED, run: () => readAndParse(path) },
  { name: PARSED_BY_PLATFORM, run: () => readLinesAndParse(path) },
  { name: PLAIN, run: async () => (await plainReplay(path)).events },
];

/** `--only replay`. */
export const replayCase: Case = {
  name: "replay",
  about: "a file of events through every detector, one thread",
  async run(options) {
    await warmUp(options);
    const path = options.benchFile();
    const before = randomReadNs();
    const samples = await byTurns(variantsOf(path), options.runs, options.note);
    const reads = [before, randomReadNs()];
    return [
      ...timesOf("replay", samples, REFERENCES),
      ...timesOf(PARSED, samples),
      ...timesOf(PARSED_BY_PLATFORM, samples),
      ...timesOf(PLAIN, samples),
      figure("random read of 16 MB, before and after", "ns", reads),
    ];
  },
};

async function warmUp({ folder, note }: BenchOptions): Promise<void> {
  const path = join(folder, "warm-up.ndjson");
  writeBenchFile(path, { events: WARM_UP_EVENTS, agents: 1000, seed: 2 });
  await byTurns(variantsOf(path), 1, (text) => note(`warming up, ${text}`));
}
