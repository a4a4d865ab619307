/** The newest records of a stream, in memory and bounded: the end of the log is read once, then followed. */
import { randomUUID } from "node:crypto";
import { metrics } from "@opentelemetry/api";
import type { Derived } from "../../schemas/origin.ts";
import type { StreamName } from "../../schemas/streams.ts";
import type { Service } from "../http.ts";
import type { RecordBatch, Stream } from "../ports/stream.ts";
import { endOf, recordValues } from "../records.ts";

const dropped = metrics.getMeter("offgraph").createCounter("offgraph_api_index_dropped_total", {
  description: "Records that left the index of the api because newer ones came; they are still in the log.",
});

interface NewestOptions<Value> {
  readonly stream: Stream;
  readonly name: StreamName;
  /** Most values that are kept. */
  readonly max: number;
  readonly idOf: (value: Value) => string;
  /** RFC 3339. */
  readonly timeOf: (value: Value) => string;
  /** What a record holds; undefined to leave it out, as for a repeated one. */
  readonly read: (record: Derived<Value>, partition: number) => Value | undefined;
}

export interface Newest<Value> extends Service {
  byId(id: string): Value | undefined;
  /** The latest first, by their own time; with `before`, only what lies before that one. */
  list(before?: string): Iterable<Value>;
  /** Resolves when something new has come, or the index has stopped. Ask before reading, so that nothing slips between. */
  changed(): Promise<void>;
}

/**
 * Follows a stream. Not ready before it has read what was there at the start: of each partition as many records as are kept,
 * from its end backwards, so that a long log costs no more than a short one.
 */
export function followNewest<Value>(options: NewestOptions<Value>): Newest<Value> {
  const { stream, name } = options;
  const kept = bounded(options);
  const next = new Array<number>(stream.partitions).fill(0);
  let news = Promise.withResolvers<void>();
  let waiting: string | undefined = `${name} are being read`;
  const take = (batch: RecordBatch) => {
    for (const { value } of recordValues<Derived<Value>>(batch)) kept.add(value, batch.partition);
    next[batch.partition] = endOf(batch);
  };
  const absorb = (batch: RecordBatch) => {
    take(batch);
    kept.trim();
    news.resolve();
    news = Promise.withResolvers();
  };
  // Every process reads all of it, so the group is nobody else's.
  const follow = async () => {
    for (let partition = 0; partition < stream.partitions; partition++) {
      const end = await stream.end(name, partition);
      for await (const batch of stream.read(name, partition, Math.max(0, end - options.max))) take(batch);
      kept.merge();
    }
    waiting = undefined;
    return stream.consume(name, `api-${randomUUID()}`, {
      assigned: async (partition) => next[partition] ?? 0,
      batch: async (batch) => absorb(batch),
      revoked: async () => {},
    });
  };
  const following = follow();
  const done = following.then((subscription) => subscription.done).finally(() => news.resolve());
  return {
    byId: kept.byId,
    list: kept.list,
    changed: () => news.promise,
    waitingFor: () => waiting,
    stop: async () => (await following).stop(),
    done,
  };
}

/** Values by id in order of arrival. A Map keeps that order, so its first key is the oldest. */
function bounded<Value>({ max, idOf, timeOf, read, name }: NewestOptions<Value>) {
  let values = new Map<string, Value>();
  /** By time, the latest first; made when it is asked for. */
  let listed: readonly Value[] | undefined;
  const byTime = () =>
    [...values.values()]
      .map((value) => ({ value, timeMs: Date.parse(timeOf(value)) }))
      .sort((one, other) => one.timeMs - other.timeMs)
      .map(({ value }) => value);
  return {
    add(record: Derived<Value>, partition: number): void {
      const value = read(record, partition);
      if (value === undefined) return;
      values.set(idOf(value), value);
      listed = undefined;
    },
    trim(): void {
      if (values.size <= max) return;
      const excess = [...values.keys()].slice(0, values.size - max);
      for (const id of excess) values.delete(id);
      dropped.add(excess.length, { stream: name });
    },
    /** What stands in several partitions has no common order but that of time. */
    merge(): void {
      const latest = byTime().slice(-max);
      values = new Map(latest.map((value) => [idOf(value), value]));
    },
    byId: (id: string) => values.get(id),
    *list(before?: string): Iterable<Value> {
      listed ??= byTime().reverse();
      const start = before === undefined ? 0 : listed.findIndex((value) => idOf(value) === before) + 1;
      if (before === undefined || start > 0) yield* listed.slice(start);
    },
  };
}
