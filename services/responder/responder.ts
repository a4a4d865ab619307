/** The responder: findings become incidents, incidents become actions, persons decide, and all of it is written down. */
import { every } from "../every.ts";
import type { Service } from "../http.ts";
import type { Consumer } from "../ports/stream.ts";
import { openBucket } from "./cap.ts";
import {
  ownResponderPartition,
  type ResponderPartition,
  type ResponderPartitionOptions,
} from "./partition.ts";
import { openRollouts } from "./rollout-register.ts";
import { INPUTS, type InputStream } from "./stored.ts";

/** What the responder works on, in all of its partitions. */
export type ResponderOptions = Omit<ResponderPartitionOptions, "bucket" | "rolloutOf">;

const GROUP = "responder";
/** Bounds one commit: about sixty findings. */
const MAX_BATCH_BYTES = 65_536;
/** How often it is looked for incidents that were closed long ago. */
const SWEEP_INTERVAL_MS = 3_600_000;

/**
 * Starts the responder. The same process must be assigned the same partition of `findings`, `decisions` and `outcomes`;
 * if it is not, the owners fence each other: nothing is wrong, but nothing goes on.
 */
export function startResponder(options: ResponderOptions): Service {
  const owners = ownersOf(options);
  const subscriptions = INPUTS.map((input) =>
    options.stream.consume(input, GROUP, owners.consumerOf(input), { maxBytes: MAX_BATCH_BYTES }),
  );
  const stopping = new AbortController();
  const sweeping = every(options.clock, SWEEP_INTERVAL_MS, stopping.signal, owners.sweep);
  const stop = async () => {
    stopping.abort();
    await Promise.allSettled([...subscriptions.map((subscription) => subscription.stop()), sweeping]);
  };
  const dones = [...subscriptions.map((subscription) => subscription.done), sweeping];
  const done = Promise.all(dones).then(() => undefined);
  return {
    degraded: () => owners.fault(),
    waitingFor: () => (owners.isReady() ? undefined : "the responder has no partition yet"),
    stop,
    done: done.catch(async (error) => {
      await stop();
      throw error;
    }),
  };
}

interface Owned {
  readonly owner: Promise<ResponderPartition>;
  opened?: ResponderPartition;
  readonly inputs: Set<InputStream>;
}

/** One owner for each partition, whichever of its streams is assigned first; it goes with the last of them. */
function ownersOf(options: ResponderOptions) {
  const owned = new Map<number, Owned>();
  const bucket = openBucket(options.store, options.stream.partitions, options.clock);
  const rolloutOf = openRollouts(options.store, options.stream.partitions, options.clock);
  let ready = false;

  async function assigned(input: InputStream, partition: number): Promise<number> {
    const entry: Owned = owned.get(partition) ?? {
      owner: ownResponderPartition(partition, { ...options, bucket, rolloutOf }),
      inputs: new Set<InputStream>(),
    };
    owned.set(partition, entry);
    entry.inputs.add(input);
    entry.opened = await entry.owner.catch(async (error: unknown) => {
      await revoked(input, partition);
      throw error;
    });
    const position = entry.opened.positionOf(input);
    ready = true;
    return position;
  }

  async function revoked(input: InputStream, partition: number): Promise<void> {
    const entry = owned.get(partition);
    entry?.inputs.delete(input);
    if (entry?.inputs.size === 0) owned.delete(partition);
  }

  const consumerOf = (input: InputStream): Consumer => ({
    assigned: (partition) => assigned(input, partition),
    batch: async (batch) => (await owned.get(batch.partition)?.owner)?.absorb(input, batch),
    revoked: (partition) => revoked(input, partition),
  });
  const sweep = async () => {
    for (const { owner } of owned.values()) await (await owner).sweep();
  };
  const fault = () => {
    const [first] = [...owned.values()].flatMap(({ opened }) => opened?.fault ?? []);
    return (
      first && `the audit log cannot be moved into files, and grows in the store: mend what it says: ${first}`
    );
  };
  return { consumerOf, sweep, fault, isReady: () => ready };
}
