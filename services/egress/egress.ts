/** Egress: actions become denials at the gates, and what came of them goes back to the responder. */
import { every } from "../every.ts";
import type { Service } from "../http.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import { type EgressPartition, ownEgressPartition } from "./partition.ts";

/** What egress works on. */
export interface EgressOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
}

const GROUP = "egress";
/** Bounds one commit: about two actions, of which each quarantine may deny ten thousand tokens. */
const MAX_BATCH_BYTES = 1024;
/** How often tokens that are new to an agent under quarantine are looked for; nothing is asked while nobody is under quarantine. */
const FOLLOW_INTERVAL_MS = 1000;
/** Most agents that are looked at in one interval; with more of them, each has its turn later. */
const MAX_FOLLOWED = 200;
const SWEEP_INTERVAL_MS = 3_600_000;

/** Starts egress on the partitions of `actions` that this process is assigned. */
export function startEgress(options: EgressOptions): Service {
  const owners = new Map<number, EgressPartition>();
  const stopping = new AbortController();
  const subscription = options.stream.consume(
    "actions",
    GROUP,
    {
      async assigned(partition) {
        const owner = await ownEgressPartition(partition, options);
        owners.set(partition, owner);
        return owner.position;
      },
      batch: async (batch) => owners.get(batch.partition)?.absorb(batch),
      async revoked(partition) {
        owners.delete(partition);
      },
    },
    { maxBytes: MAX_BATCH_BYTES },
  );

  async function stop(): Promise<void> {
    stopping.abort();
    await Promise.allSettled([subscription.stop(), housekeeping]);
  }

  const housekeeping = Promise.all([
    every(options.clock, FOLLOW_INTERVAL_MS, stopping.signal, () => followAll([...owners.values()])),
    every(options.clock, SWEEP_INTERVAL_MS, stopping.signal, async () => {
      for (const owner of owners.values()) await owner.sweep();
    }),
  ]);
  const done = Promise.all([subscription.done, housekeeping]).then(() => undefined);
  return {
    waitingFor: () => (owners.size > 0 ? undefined : "egress has no partition yet"),
    stop,
    done: done.catch(async (error) => {
      await stop();
      throw error;
    }),
  };
}

/** Partitions share the looks of an interval: what one does not need is left to those that need more. */
async function followAll(owners: readonly EgressPartition[]): Promise<void> {
  let left = MAX_FOLLOWED;
  const fewestFirst = owners.toSorted((one, other) => one.quarantined - other.quarantined);
  for (const [at, owner] of fewestFirst.entries()) {
    const looks = Math.min(owner.quarantined, Math.ceil(left / (owners.length - at)));
    await owner.follow(looks);
    left -= looks;
  }
}
