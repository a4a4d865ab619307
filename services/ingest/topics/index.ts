/**
 * A source that lies in topics: its records become events, in the order of their times, as far as its lateness goes.
 *
 * At least once: a position moves only when all before it is durable, as events or as dead letters; after a crash, or when a
 * partition changes hands without a word, what lies behind the position is read again and has the same ids. What is given back in
 * peace is given back with nothing open.
 */
import { OffgraphError } from "../../../schemas/errors.ts";
import { every } from "../../every.ts";
import type { Service } from "../../http.ts";
import type { RawBatch, RawConsumer, RawPlace } from "../../ports/source.ts";
import { endOf } from "../../records.ts";
import { readBatch } from "./batch.ts";
import { observeTopics, worries } from "./health.ts";
import type { Lane } from "./lanes.ts";
import { commitPosition, openRawPartition, type TakenBatch } from "./partition.ts";
import { begin, MAX_OPEN_BYTES, type TopicRun, type TopicSourceOptions } from "./run.ts";
import { giveBack, releaseDurable, sendAll } from "./send.ts";

export type { TopicSourceOptions } from "./run.ts";

const COMMIT_MS = 1000;
/** How often it is looked whether the processor has caught up. */
const PAUSE_MS = 250;

/** Reads until it is stopped. What cannot be read for the time being is told in `degraded`. */
export function startTopicSource(options: TopicSourceOptions): Service {
  const run = begin(options);
  const { stopping, bell } = run;
  const { signal } = stopping;
  const subscription = options.raw.subscribe(consumerOf(run));
  const done = Promise.all([
    subscription.done,
    sendAll(run),
    every(options.clock, COMMIT_MS, signal, () => commitAll(run)),
  ]).then(() => undefined);
  const unobserve = observeTopics(options.source.name, run.vitals);
  return {
    waitingFor: () => undefined,
    degraded: () => worries(options, run.vitals),
    async stop() {
      stopping.abort();
      bell.ring();
      await subscription.stop();
      await done.catch(() => undefined);
      unobserve();
    },
    done,
  };
}

const nameOf = ({ topic, partition }: RawPlace) => `${topic}/${partition}`;

function consumerOf(run: TopicRun): RawConsumer {
  const { partitions, lanes, positions, vitals } = run;
  return {
    async assigned(place) {
      const partition = await openRawPartition(place, positions, lanes);
      partitions.set(nameOf(place), partition);
      if (vitals.owned++ === 0) vitals.heardMs = vitals.clock.now();
      return partition.position === 0 ? undefined : partition.position;
    },
    batch: (batch) => take(run, batch),
    async revoked(place) {
      const partition = partitions.get(nameOf(place));
      if (partition === undefined) return;
      partitions.delete(nameOf(place));
      vitals.owned--;
      await run.inTurn(() => giveBack(run, partition));
    },
  };
}

/** Resolves when everything is in the order, and there is room for more. */
async function take(run: TopicRun, batch: RawBatch): Promise<void> {
  const { options, order, lanes, bell, vitals, read } = run;
  const partition = run.partitions.get(nameOf(batch));
  if (partition === undefined || partition.isFenced)
    throw new OffgraphError("fenced", `${nameOf(batch)} has another owner`);
  const { lane } = partition;
  vitals.heardMs = vitals.clock.now();
  lane.isHere = true;
  try {
    await untilItsTurn(run, lane);
    const taken: TakenBatch = { partition, next: endOf(batch), bytes: batch.bytes.length, open: 1 };
    partition.batches.push(taken);
    vitals.openBytes += taken.bytes;
    const events = await readBatch(batch, { ...options, source: options.source.name, read });
    taken.open += events.length;
    lane.isBehind = batch.behind > 0;
    for (const event of events) {
      lanes.brought(lane, event.event.ready.timeMs);
      order.put({ ...event, batch: taken });
    }
    releaseDurable(run, taken);
  } finally {
    lane.isHere = false;
    lane.heardMs = vitals.clock.now();
    bell.ring();
  }
}

async function untilItsTurn({ options, lanes, bell, stopping, vitals }: TopicRun, lane: Lane): Promise<void> {
  const { lag, settings } = options;
  const mayGoOn = () =>
    lanes.isTurnOf(lane) && vitals.openBytes <= MAX_OPEN_BYTES && lag() <= settings.ingest.maxLagEvents;
  while (!stopping.signal.aborted && !mayGoOn()) await bell.wait(PAUSE_MS);
}

async function commitAll({ partitions, positions }: TopicRun): Promise<void> {
  await Promise.all(Array.from(partitions.values(), (partition) => commitPosition(partition, positions)));
}
