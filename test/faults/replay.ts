/** What a log gives that is folded once, undisturbed: findings, and the versions of groups, made of all partitions in memory. */
import { ByteWriter } from "../../detectors/codec.ts";
import { type WorkingSet, workingSet } from "../../detectors/fold/working-set.ts";
import { sumsOf } from "../../detectors/groups/add-up.ts";
import { addedBy } from "../../detectors/groups/baselines.ts";
import { type Book, keyOf, newBook } from "../../detectors/groups/book.ts";
import { newestOver } from "../../detectors/groups/schedule.ts";
import { type GroupVersion, writeVersion } from "../../detectors/groups/version.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { Key } from "../../services/ingest/index.ts";
import { createJudge } from "../../services/judge.ts";
import type { Reader } from "../kill/books.ts";

/** Bytes of versions, in hexadecimal, by group and day. */
export type Versions = ReadonlyMap<string, string>;

interface Logged {
  readonly bytes: Buffer;
  readonly partition: number;
  readonly position: number;
  /** The newest day that is over where the event lies in its partition. */
  readonly over: number;
}

/** Each partition in its order; all of them wait for one another when a day is over, and then it is added up. */
export async function replayed(reader: Reader, key: Key, settings: Settings) {
  const scanner = new EventScanner(hashKey(key.secret));
  const columns = eventColumns(1);
  const view = new EventView(columns);
  const scan = (bytes: Buffer) => {
    if (!scanner.scan(bytes, 0, bytes.length, columns, 0, false)) throw new Error("the log holds no event");
    return view.move(0);
  };
  const log = await logOf(reader, (bytes) => scan(bytes).time);
  const [book, versions, findings] = [newBook(), new Map<string, string>(), [] as Finding[]];
  const { fold } = createJudge(settings, key.name, undefined, book);
  const sets = Array.from({ length: reader.stream.partitions }, () => workingSet(DETECTORS));
  let added = 0;
  for (const { bytes, partition, position, over } of log) {
    if (over > added) addUp(sets, over, book, versions);
    added = over;
    fold.step(sets[partition] as WorkingSet, scan(bytes), position, (finding) => findings.push(finding));
  }
  return { findings, versions };
}

async function logOf({ stream }: Reader, timeOf: (bytes: Buffer) => number): Promise<Logged[]> {
  const log: Logged[] = [];
  for (let partition = 0; partition < stream.partitions; partition++) {
    let clockMs = 0;
    for await (const { bytes: all, starts, ends, count, positions } of stream.read("events", partition, 0))
      for (let at = 0; at < count; at++) {
        const bytes = Buffer.from(all.subarray(starts[at], ends[at]));
        clockMs = Math.max(clockMs, timeOf(bytes));
        log.push({ bytes, partition, position: positions[at] ?? 0, over: newestOver(clockMs) });
      }
  }
  return log.sort((a, b) => a.over - b.over);
}

function addUp(sets: readonly WorkingSet[], epoch: number, book: Book, versions: Map<string, string>): void {
  const sums = sumsOf(epoch);
  for (const { agents } of sets)
    for (const agent of agents.values()) {
      const added = addedBy(agent, epoch);
      if (added !== undefined && added !== "gone") sums.add(agent.tenant, agent.low, agent.high, added);
    }
  for (const [tenant, version] of sums.versions()) {
    book.put(tenant, version);
    versions.set(`${keyOf(tenant, version.group)} ${epoch}`, hexOf(version));
  }
}

function hexOf(version: GroupVersion): string {
  const to = new ByteWriter();
  writeVersion(version, to);
  return Buffer.from(to.take()).toString("hex");
}
