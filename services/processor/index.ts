/** The processor: every partition of `events` that this process owns, folded and committed. */
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { Service } from "../http.ts";
import { createJudge } from "../judge.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import { agentsCapped, lagGauge } from "./metrics.ts";
import { openPartition, type Partition } from "./partition.ts";

export interface ProcessorOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "detectors" | "processor">;
  /** The installation's key: names are hashed with its secret, findings carry its name. */
  readonly key: { readonly name: string; readonly secret: Uint8Array };
}

export interface Processor extends Service {
  /** Events appended and not yet folded, as of the last look, at most a second ago. */
  lag(): number;
}

const LOOK_MS = 1000;

export function startProcessor({ stream, store, clock, settings, key }: ProcessorOptions): Processor {
  const { commitIntervalMs, maxAgents } = settings.processor;
  const judge = createJudge(settings, key.name);
  const scanner = new EventScanner(hashKey(key.secret));
  const partitions = new Map<number, Partition>();
  const stopping = new AbortController();
  let lag = 0;
  let caughtUp = false;

  const share = Math.max(1, Math.ceil(maxAgents / stream.partitions));
  const subscription = stream.consume("events", "processor", {
    async assigned(number) {
      const opened = await openPartition(number, { stream, store, clock, judge, scanner, commitIntervalMs, maxAgents: share });
      partitions.set(number, opened);
      return opened.position();
    },
    batch: async (batch) => partitions.get(batch.partition)?.batch(batch),
    async revoked(number) {
      const partition = partitions.get(number);
      partitions.delete(number);
      await partition?.commit(true);
    },
  });

  /** Quiet partitions have their last changes committed too; and the lag is looked at. */
  const look = async () => {
    while (!stopping.signal.aborted) {
      await Promise.all([...partitions.values()].map((partition) => partition.commit(false)));
      lag = await lagOf(stream, partitions);
      if (partitions.size === stream.partitions && lag === 0) caughtUp = true;
      await clock.sleep(caughtUp ? Math.min(LOOK_MS, commitIntervalMs) : 20, stopping.signal);
    }
  };
  const done = Promise.all([subscription.done, look()]).then(() => undefined);
  const observeLag = (result: { observe(value: number): void }) => result.observe(lag);
  const observeCaps = (result: { observe(value: number, labels: Record<string, string>): void }) => {
    for (const [what, count] of Object.entries(judge.fold.caps)) result.observe(count, { what });
  };
  lagGauge.addCallback(observeLag);
  agentsCapped.addCallback(observeCaps);
  return {
    lag: () => lag,
    waitingFor: () => (caughtUp ? undefined : "the events that were waiting at the start to be folded"),
    async stop() {
      stopping.abort();
      await subscription.stop();
      await done.catch(() => undefined);
      lagGauge.removeCallback(observeLag);
      agentsCapped.removeCallback(observeCaps);
    },
    done,
  };
}

async function lagOf(stream: Stream, partitions: ReadonlyMap<number, Partition>): Promise<number> {
  const behind = await Promise.all(
    [...partitions].map(async ([number, partition]) => Math.max(0, (await stream.end("events", number)) - partition.position())),
  );
  return behind.reduce((sum, events) => sum + events, 0);
}
