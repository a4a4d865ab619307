/** A log and a store in memory, for replay and tests. They keep everything that they are given, until they are dropped. */
import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { OffgraphError } from "../../schemas/errors.ts";
import { STREAMS, type StreamName } from "../../schemas/streams.ts";
import type { GroupChange, IndexEntry, Lease, Store } from "../ports/store.ts";
import type { NewRecord, Stream } from "../ports/stream.ts";
import { LocalConsumers } from "./local-consumers.ts";
import { BATCH_BYTES, BatchBuilder, checkPartition, checkRecord } from "./records.ts";

/** The records of one partition, in the order of positions. */
interface Partition {
  end: number;
  records: { readonly position: number; readonly value: Buffer; readonly key: string | undefined }[];
}

/** A log in memory; positions count from 0. */
export function memoryStream(partitions: number): Stream {
  const stored = new Map<string, Partition>();
  const partitionOf = (stream: StreamName, partition: number) => {
    checkPartition(stream, partition, partitions);
    return getOrPut(stored, `${stream}/${partition}`, () => ({ end: 0, records: [] }));
  };
  const stream: Stream = {
    partitions,
    async append(records) {
      for (const record of records) checkRecord(record, partitions);
      for (const record of records) appendOne(partitionOf(record.stream, record.partition), record);
      for (const record of records) consumers.appended(record.stream, record.partition);
    },
    end: async (name, partition) => partitionOf(name, partition).end,
    read(name, partition, from, { maxBytes = BATCH_BYTES } = {}) {
      const log = partitionOf(name, partition);
      return batches(log, partition, from, log.end, maxBytes);
    },
    consume: (name, group, consumer, options) => consumers.consume(name, group, consumer, options),
    close: () => consumers.stopAll(),
  };
  const consumers = new LocalConsumers(stream);
  return stream;
}

function appendOne(log: Partition, { stream, key, value }: NewRecord): void {
  if (STREAMS[stream].compacted) log.records = log.records.filter((record) => record.key !== key);
  log.records.push({ position: log.end++, value: Buffer.from(value), key });
}

async function* batches(log: Partition, partition: number, from: number, end: number, maxBytes: number) {
  let batch = nextBatch(log, partition, from, end, maxBytes);
  while (batch) {
    yield batch;
    await setImmediate();
    batch = nextBatch(log, partition, batch.positions[batch.count - 1]! + 1, end, maxBytes);
  }
}

function nextBatch({ records }: Partition, partition: number, from: number, end: number, maxBytes: number) {
  const builder = new BatchBuilder(maxBytes);
  let at = Math.min(from, records.length); // a position is never smaller than its index
  while (at > 0 && records[at - 1]!.position >= from) at--;
  for (let record = records[at]; record && record.position < end; record = records[++at]) {
    if (!builder.add(record.value, record.position, from)) break;
  }
  return builder.build(partition);
}

/** One partition of one space. */
interface Owned {
  token: string;
  position: number;
  readonly groups: Map<string, Map<string, Uint8Array>>;
}

/** A store in memory. */
export function memoryStore(): Store {
  const stored = new Map<string, Owned>();
  const owned = (space: string, partition: number) =>
    getOrPut(stored, JSON.stringify([space, partition]), () => ({
      token: randomUUID(),
      position: 0,
      groups: new Map(),
    }));
  return {
    async acquire(space, partition) {
      const token = randomUUID();
      owned(space, partition).token = token;
      return { space, partition, token };
    },
    position: async (space, partition) => owned(space, partition).position,
    async load(space, partition, names) {
      const { groups } = owned(space, partition);
      return new Map(names.flatMap((name) => (groups.has(name) ? [[name, new Map(groups.get(name))]] : [])));
    },
    async *scan(space, partition) {
      for (const [name, entries] of owned(space, partition).groups) yield [name, new Map(entries)] as const;
    },
    async write(lease, chunk) {
      const state = owned(lease.space, lease.partition);
      checkLease(state, lease);
      for (const change of chunk) apply(state.groups, change);
    },
    async commit(lease, chunks, position) {
      const state = owned(lease.space, lease.partition);
      checkLease(state, lease);
      for (const change of chunks.flat()) apply(state.groups, change);
      state.position = position;
    },
    ...memoryTokens(),
    close: async () => {},
  };
}

function checkLease({ token }: Owned, lease: Lease): void {
  if (token === lease.token) return;
  throw new OffgraphError("fenced", `${lease.space}/${lease.partition} has been acquired by another owner`);
}

function apply(groups: Map<string, Map<string, Uint8Array>>, { group, entries }: GroupChange): void {
  const kept = getOrPut(groups, group, () => new Map<string, Uint8Array>());
  for (const [name, bytes] of entries) {
    if (bytes) kept.set(name, new Uint8Array(bytes));
    else kept.delete(name);
  }
  if (kept.size === 0) groups.delete(group);
}

function memoryTokens(): Pick<Store, "indexTokens" | "agentsOf" | "tokensOf"> {
  const tokens = new Map<string, IndexEntry>();
  return {
    async indexTokens(entries) {
      for (const entry of entries) tokens.set(JSON.stringify([entry.tenant, entry.token]), entry);
    },
    async agentsOf(tenant, names, nowMs) {
      const known = names.map((name) => tokens.get(JSON.stringify([tenant, name])));
      return new Map(
        known.flatMap((entry) => (entry && entry.expiresAtMs >= nowMs ? [[entry.token, entry.agent]] : [])),
      );
    },
    async tokensOf(tenant, agent, nowMs, limit) {
      const theirs = (entry: IndexEntry) =>
        entry.tenant === tenant && entry.agent === agent && entry.expiresAtMs >= nowMs;
      const sorted = [...tokens.values()].filter(theirs).sort((a, b) => b.expiresAtMs - a.expiresAtMs);
      return sorted.slice(0, limit);
    },
  };
}

function getOrPut<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
