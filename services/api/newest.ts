/** The newest records of a stream, in memory and bounded: read once from the log, then followed. */
import { randomUUID } from "node:crypto";
import { metrics } from "@opentelemetry/api";
import type { StreamName } from "../../schemas/streams.ts";
import type { Service } from "../http.ts";
import type { RecordBatch, Stream } from "../ports/stream.ts";

const dropped = metrics.getMeter("offgraph").createCounter("offgraph_api_index_dropped_total", {
  description: "Records that left the index of the api because newer ones came; they are still in the log.",
});

export interface NewestOptions<Value> {
  readonly stream: Stream;
  readonly name: StreamName;
  /** Most values that are kept. */
  readonly max: number;
  readonly idOf: (value: Value) => string;
  /** What a record holds; undefined to leave it out, as for a repeated one. */
  readonly read: (record: unknown, partition: number) => Value | undefined;
}

export interface Newest<Value> extends Service {
  byId(id: string): Value | undefined;
  /** Newest first; with `before`, only what came before that one. */
  list(before?: string): Iterable<Value>;
  /** Resolves when something new has come, or the index has stopped. Ask before reading, so that nothing slips between. */
  changed(): Promise<void>;
}

/** Follows a stream from its beginning. Not ready before it has read what was there at the start. */
export function followNewest<Value>(options: NewestOptions<Value>): Newest<Value> {
  const { stream, name } = options;
  const kept = bounded(options);
  const next = new Array<number>(stream.partitions).fill(0);
  let news = Promise.withResolvers<void>();
  let waiting: string | undefined = `${name} are being read`;
  const absorb = (batch: RecordBatch) => {
    for (let at = 0; at < batch.count; at++) kept.add(recordOf(batch, at), batch.partition);
    next[batch.partition] = (batch.positions[batch.count - 1] ?? 0) + 1;
    news.resolve();
    news = Promise.withResolvers();
  };
  // Every process reads all of it, so the group is nobody else's.
  const follow = async () => {
    for (let partition = 0; partition < stream.partitions; partition++) {
      for await (const batch of stream.read(name, partition, 0)) absorb(batch);
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

/** A record of a batch, parsed. */
export function recordOf(batch: RecordBatch, at: number): unknown {
  return JSON.parse(batch.bytes.toString("utf8", batch.starts[at], batch.ends[at]));
}

/** Values by id in order of arrival. A Map keeps that order, so its first key is the oldest. */
function bounded<Value>({ max, idOf, read, name }: NewestOptions<Value>) {
  const values = new Map<string, Value>();
  return {
    add(record: unknown, partition: number): void {
      const value = read(record, partition);
      if (value === undefined) return;
      values.set(idOf(value), value);
      const oldest = values.size > max ? values.keys().next().value : undefined;
      if (oldest === undefined) return;
      values.delete(oldest);
      dropped.add(1, { stream: name });
    },
    byId: (id: string) => values.get(id),
    *list(before?: string): Iterable<Value> {
      const ids = [...values.keys()];
      const end = before === undefined ? ids.length : ids.indexOf(before);
      for (let at = end - 1; at >= 0; at--) {
        const value = values.get(ids[at] ?? "");
        if (value !== undefined) yield value;
      }
    },
  };
}
