/** The processor on Kafka and Redis, put together as in `services/start/parts.ts`, and heard while it works. */
import "../../../services/telemetry/metrics.ts";

import { Settings } from "../../../schemas/settings.ts";
import { clock } from "../../../services/adapters/clock.ts";
import { openRedisStore } from "../../../services/adapters/store-redis.ts";
import { openKafkaStream } from "../../../services/adapters/stream-kafka.ts";
import { PUBLIC_KEY } from "../../../services/ingest/index.ts";
import { patient } from "../../../services/layers/patience.ts";
import { soundRecords } from "../../../services/layers/sound-records.ts";
import type { Stream } from "../../../services/ports/stream.ts";
import { startProcessor } from "../../../services/processor/index.ts";
import { type Sample, startStopwatch } from "../measure.ts";
import type { Preloaded } from "./preload.ts";
import { newName, type Servers } from "./servers.ts";

/** Which log it reads, and where its state lies. */
export interface ProcessorPlace extends Servers {
  readonly topicPrefix: string;
  readonly storePrefix: string;
  readonly instanceId?: string;
  /** Agents held in memory. Default: that of the settings. */
  readonly maxAgents?: number;
}

/** Who hears what the log gives it. */
export interface Hearing {
  assigned?(): void;
  /** A batch is about to be folded. */
  taken?(): void;
  /** A batch is folded, and its findings are durable. */
  folded(events: number): void;
}

/** Starts it. `stop` commits; `failed` rejects when it ends by itself. */
export async function openProcessor(place: ProcessorPlace, hearing: Hearing) {
  const { brokers, redis, topicPrefix, storePrefix, instanceId, maxAgents } = place;
  const options = { brokers, topicPrefix, replication: 1, ...(instanceId && { instanceId }) };
  const kafka = await openKafkaStream(options);
  const store = await openRedisStore({ url: `redis://${redis}`, prefix: `${storePrefix}:` });
  const settings = Settings.parse({ processor: { ...(maxAgents && { maxAgents }) } });
  const sound = soundRecords({ stream: kafka, clock, tenant: settings.tenant });
  const calm = patient(sound, store, clock);
  const stream = heard(calm.stream, hearing);
  const processor = startProcessor({ stream, store: calm.store, clock, settings, key: PUBLIC_KEY });
  const failed = Promise.withResolvers<never>();
  processor.done.catch(failed.reject);
  return {
    failed: failed.promise,
    async stop() {
      await processor.stop();
      calm.stop();
      await kafka.close();
      await store.close();
    },
  };
}

function heard(stream: Stream, hearing: Hearing): Stream {
  return {
    ...{ partitions: stream.partitions, append: stream.append, end: stream.end },
    ...{ read: stream.read, close: stream.close },
    consume: (name, group, consumer, options) => {
      const assigned = async (partition: number) => {
        hearing.assigned?.();
        return consumer.assigned(partition);
      };
      const batch: typeof consumer.batch = async (given) => {
        hearing.taken?.();
        await consumer.batch(given);
        hearing.folded(given.count);
      };
      return stream.consume(name, group, { assigned, batch, revoked: consumer.revoked }, options);
    },
  };
}

/** Folds the whole log from an empty state: from the first batch until all of it is committed. */
export async function processAll(log: Preloaded): Promise<Sample> {
  const done = Promise.withResolvers<void>();
  let stop: ReturnType<typeof startStopwatch> | undefined;
  let left = log.events;
  const taken = () => {
    stop ??= startStopwatch();
  };
  const folded = (events: number) => {
    left -= events;
    if (left <= 0) done.resolve();
  };
  const processor = await openProcessor({ ...log, storePrefix: newName() }, { taken, folded });
  await Promise.race([done.promise, processor.failed]);
  await processor.stop();
  return (stop ?? startStopwatch())(log.events);
}
