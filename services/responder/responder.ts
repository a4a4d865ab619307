/** The responder: findings become incidents, incidents become actions, persons decide, and all of it is written down. */
import type { KeyObject } from "node:crypto";
import type { Service } from "../http.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Consumer, Stream } from "../ports/stream.ts";
import { openBucket } from "./cap.ts";
import { ownPartition, type PartitionOwner } from "./partition.ts";
import type { Context } from "./state.ts";
import { INPUTS, type Input } from "./stored.ts";

export interface ResponderOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Context["settings"];
  /** Ed25519 private key that signs the audit log; see `loadOrMakeAuditKey`. */
  readonly auditKey?: KeyObject | undefined;
}

const GROUP = "responder";
/** Bounds one commit: about sixty findings. */
const MAX_BATCH_BYTES = 65_536;

/**
 * Starts the responder. The same process must be assigned the same partition of `findings`, `decisions` and `outcomes`;
 * if it is not, the owners fence each other: nothing is wrong, but nothing goes on.
 */
export function startResponder(options: ResponderOptions): Service {
  const owners = ownersOf(options);
  const subscriptions = INPUTS.map((input) =>
    options.stream.consume(input, GROUP, owners.consumerOf(input), { maxBytes: MAX_BATCH_BYTES }),
  );
  const stop = async () => {
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
  };
  const done = Promise.all(subscriptions.map((subscription) => subscription.done)).then(() => undefined);
  return {
    waitingFor: () => (owners.isReady() ? undefined : "the responder has no partition yet"),
    stop,
    done: done.catch(async (error) => {
      await stop();
      throw error;
    }),
  };
}

interface Owned {
  readonly owner: Promise<PartitionOwner>;
  readonly inputs: Set<Input>;
}

/** One owner for each partition, whichever of its streams is assigned first; it goes with the last of them. */
function ownersOf(options: ResponderOptions) {
  const owned = new Map<number, Owned>();
  const bucket = openBucket(options.store, options.stream.partitions);
  let ready = false;

  async function assigned(input: Input, partition: number): Promise<number> {
    const entry = owned.get(partition) ?? {
      owner: ownPartition(partition, { ...options, bucket }),
      inputs: new Set<Input>(),
    };
    owned.set(partition, entry);
    entry.inputs.add(input);
    const position = (await entry.owner).positionOf(input);
    ready = true;
    return position;
  }

  async function revoked(input: Input, partition: number): Promise<void> {
    const entry = owned.get(partition);
    entry?.inputs.delete(input);
    if (entry?.inputs.size === 0) owned.delete(partition);
  }

  const consumerOf = (input: Input): Consumer => ({
    assigned: (partition) => assigned(input, partition),
    batch: async (batch) => (await owned.get(batch.partition)?.owner)?.absorb(input, batch),
    revoked: (partition) => revoked(input, partition),
  });
  return { consumerOf, isReady: () => ready };
}
