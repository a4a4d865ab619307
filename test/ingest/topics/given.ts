/** Topics in memory, and a source that reads them: what is brought to it, step by step, and what comes of it. */
import type { DeadLetter } from "../../../schemas/dead-letter.ts";
import type { Event } from "../../../schemas/event.ts";
import { Settings } from "../../../schemas/settings.ts";
import type { TopicSource } from "../../../schemas/settings-sources.ts";
import { memoryStore, memoryStream } from "../../../services/adapters/memory.ts";
import { openTokenIndex, PUBLIC_KEY, startTopicSource, tierOf } from "../../../services/ingest/index.ts";
import type { RawBatch, RawConsumer, RawPlace, RawSource } from "../../../services/ports/source.ts";
import type { Store } from "../../../services/ports/store.ts";
import type { Stream } from "../../../services/ports/stream.ts";
import { type ManualClock, manualClock } from "../../responder/manual-clock.ts";
import { linesOf } from "../world.ts";

export const NOW = Date.parse("2026-01-05T10:00:00Z");

/** A record to be brought. */
export interface Raw {
  readonly value: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Records of a partition, the first of them at a position. */
export function batchOf(place: RawPlace, first: number, raws: readonly Raw[], behind = 0): RawBatch {
  const values = raws.map(({ value }) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
  );
  const ends = values.map((_, at) => values.slice(0, at + 1).reduce((sum, { length }) => sum + length, 0));
  return {
    ...{ ...place, behind, count: raws.length },
    // Readers may look a little behind a record.
    bytes: Buffer.concat([...values, Buffer.alloc(64)]),
    starts: Int32Array.from(ends.map((end, at) => end - (values[at]?.length ?? 0))),
    ends: Int32Array.from(ends),
    positions: Float64Array.from(raws.map((_, at) => first + at)),
    header: (at, name) => raws[at]?.headers?.[name],
  };
}

/** A call as a record, at so many seconds before now. */
export const call = (id: string, secondsAgo: number, changes: object = {}): Raw => ({
  value: {
    id,
    kind: "api.called",
    time: new Date(NOW - secondsAgo * 1000).toISOString(),
    agent: { id: "billing" },
    operation: { service: "orders-api", name: "refunds.create" },
    ...changes,
  },
});

export interface WorldOptions {
  readonly source?: Partial<TopicSource>;
  readonly stream?: Stream;
  readonly store?: Store;
  readonly clock?: ManualClock;
  readonly lag?: () => number;
  readonly settings?: object;
}

/** A running source. */
export function openWorld(options: WorldOptions = {}) {
  const {
    stream = memoryStream(2),
    store = memoryStore(),
    clock = manualClock(NOW),
    lag = () => 0,
  } = options;
  const { sources, ...settings } = Settings.parse({
    ...options.settings,
    sources: [
      { name: "own", format: "offgraph", topics: ["raw"], kafka: { brokers: ["a:1"] }, ...options.source },
    ],
  });
  const source = sources[0] as TopicSource;
  const topics = topicsInMemory();
  const index = openTokenIndex(store);
  const shared = { stream, positions: store, clock, settings, key: PUBLIC_KEY, tierOf, lag, index };
  const service = startTopicSource({ ...shared, source, raw: topics.raw });
  const partition = (number: number, topic = "raw") => {
    const place = { topic, partition: number };
    return {
      place,
      assigned: () => topics.consumer().assigned(place),
      bring: (first: number, raws: readonly Raw[], behind = 0) =>
        topics.consumer().batch(batchOf(place, first, raws, behind)),
      revoked: () => topics.consumer().revoked(place),
      position: () => store.position(`source/${source.name}/${topic}`, number),
    };
  };
  const events = async () =>
    (await linesOf(stream, "events")).map((line) => JSON.parse(line) as Exclude<Event, { kind: "tick" }>);
  return {
    ...{ stream, store, clock, service, topics, partition, events },
    ids: async () => (await events()).map(({ id }) => String(id)),
    letters: async () =>
      (await linesOf(stream, "dead-letters")).map((line) => JSON.parse(line) as DeadLetter),
  };
}

/** A source whose consumer is called by the test. */
function topicsInMemory() {
  let consumer: RawConsumer | undefined;
  const acknowledged = new Map<string, number>();
  const state: { trouble?: string } = {};
  const stopped = Promise.withResolvers<void>();
  const raw: RawSource = {
    subscribe(given) {
      consumer = given;
      return { stop: async () => stopped.resolve(), done: stopped.promise };
    },
    async acknowledge({ topic, partition }, position) {
      acknowledged.set(`${topic}/${partition}`, position);
    },
    trouble: () => state.trouble,
  };
  return { raw, acknowledged, state, consumer: () => consumer as RawConsumer };
}
