/** What a data folder, or an installation on servers, holds, read without a service: the log, what was made of it, and what it should have come to. */
import type { KeyObject } from "node:crypto";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { Action, ActionOutcome, Denial } from "../../schemas/action.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { type EmbeddedReader, openReadOnly } from "../../services/adapters/index.ts";
import { type Key, loadOrMakeKey } from "../../services/ingest/index.ts";
import { createJudge } from "../../services/judge.ts";
import type { Store } from "../../services/ports/store.ts";
import {
  type AuditEntry,
  type AuditVerdict,
  auditEntries,
  loadOrMakeAuditKey,
  verifyAudit,
} from "../../services/responder/index.ts";
import { loadHead } from "../../services/responder/stored.ts";

/** Everything, in the order of the log, with repeats. */
export interface Books {
  readonly eventIds: readonly string[];
  readonly findings: readonly Finding[];
  /** What the log gives when it is folded once, undisturbed. */
  readonly replayed: readonly Finding[];
  readonly actions: readonly Action[];
  readonly outcomes: readonly ActionOutcome[];
  readonly denials: readonly Denial[];
  readonly audit: readonly AuditEntry[];
  /** Of each partition. */
  readonly verdicts: readonly AuditVerdict[];
}

/** Reads a folder that no service holds. Rejects with `not-found` if there is nothing in it. */
export async function readBooks(folder: string, settings: Settings): Promise<Books> {
  const reader = await openReadOnly(folder);
  try {
    const { publicKey } = await loadOrMakeAuditKey(folder);
    return await booksOf(reader, { hash: await loadOrMakeKey(folder), publicKey }, settings);
  } finally {
    await reader.close();
  }
}

/** Log and store, to be read. */
export type Reader = Omit<EmbeddedReader, "close">;

/** What reads hashes and signatures. */
export interface ReadingKeys {
  readonly hash: Key;
  readonly publicKey: KeyObject;
}

/** The same from any log and store. */
export async function booksOf(reader: Reader, keys: ReadingKeys, settings: Settings): Promise<Books> {
  const events = await gather<{ id: string }>(reader, "events");
  return {
    eventIds: events.map(({ id }) => id),
    findings: await derived<Finding>(reader, "findings"),
    replayed: await replay(reader, keys.hash, settings),
    actions: await derived<Action>(reader, "actions"),
    outcomes: await derived<ActionOutcome>(reader, "outcomes"),
    denials: await derived<Denial>(reader, "denials"),
    ...(await readAudit(reader, keys.publicKey)),
  };
}

const partitionsOf = ({ stream }: Reader) => Array.from({ length: stream.partitions }, (_, number) => number);

async function gather<Value>(reader: Reader, name: StreamName): Promise<Value[]> {
  const values: Value[] = [];
  for (const partition of partitionsOf(reader))
    for await (const { bytes, starts, ends, count } of reader.stream.read(name, partition, 0))
      for (let at = 0; at < count; at++)
        values.push(JSON.parse(bytes.toString("utf8", starts[at], ends[at])));
  return values;
}

async function derived<Value>(reader: Reader, name: StreamName): Promise<Value[]> {
  return (await gather<Derived<Value>>(reader, name)).map(({ value }) => value);
}

/** Each partition of the log from its beginning, in its order, in memory. */
async function replay(reader: Reader, key: Key, settings: Settings): Promise<Finding[]> {
  const { fold } = createJudge(settings, key.name);
  const scanner = new EventScanner(hashKey(key.secret));
  const columns = eventColumns(1);
  const view = new EventView(columns);
  const findings: Finding[] = [];
  for (const partition of partitionsOf(reader)) {
    const set = workingSet(DETECTORS);
    for await (const { bytes, starts, ends, count, positions } of reader.stream.read("events", partition, 0))
      for (let at = 0; at < count; at++) {
        if (!scanner.scan(bytes, starts[at]!, ends[at]!, columns, 0, false))
          throw new Error("the log holds no event");
        fold.step(set, view.move(0), positions[at]!, (finding) => findings.push(finding));
      }
  }
  return findings;
}

async function readAudit(reader: Reader, publicKey: KeyObject): Promise<Pick<Books, "audit" | "verdicts">> {
  // The audit log asks the store for nothing but `load` and `scan`.
  const store = reader.store as Store;
  const audit: AuditEntry[] = [];
  const verdicts: AuditVerdict[] = [];
  for (const partition of partitionsOf(reader)) {
    for await (const entry of auditEntries(store, partition)) audit.push(entry);
    verdicts.push(await verifyAudit(auditEntries(store, partition), publicKey));
  }
  return { audit, verdicts };
}

/** Whether every stage has done all that the one before it has left, up to the outcomes. Another process may be at work. */
export async function isSettled(folder: string): Promise<boolean> {
  const reader = await openReadOnly(folder);
  try {
    return await isReaderSettled(reader);
  } finally {
    await reader.close();
  }
}

/** The same of any log and store. */
export async function isReaderSettled(reader: Reader): Promise<boolean> {
  const settled = partitionsOf(reader).map((partition) => isPartitionSettled(reader, partition));
  return (await Promise.all(settled)).every(Boolean);
}

/** In the order of the data, so that nothing can go past a stage that was looked at before. What waits in an outbox is on its way. */
async function isPartitionSettled({ stream, store }: Reader, partition: number): Promise<boolean> {
  const end = (name: StreamName) => stream.end(name, partition);
  const hasSent = async (space: string) => !(await store.load(space, partition, ["outbox"])).has("outbox");
  const head = () => loadHead(store as Store, partition);
  return (
    (await store.position("processor", partition)) === (await end("events")) &&
    (await head()).positions.findings === (await end("findings")) &&
    (await hasSent("responder")) &&
    (await store.position("egress", partition)) === (await end("actions")) &&
    (await hasSent("egress")) &&
    (await head()).positions.outcomes === (await end("outcomes"))
  );
}
