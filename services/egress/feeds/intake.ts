/**
 * How a feed takes in one partition of `findings`: it skips what the processor sends again, and keeps its position and the
 * highest origins in a space of its own.
 */
import type { Finding } from "../../../schemas/finding.ts";
import type { Highest } from "../../../schemas/origin.ts";
import type { GroupChange, Lease, Store } from "../../ports/store.ts";
import type { RecordBatch } from "../../ports/stream.ts";
import { endOf, newIn } from "../../records.ts";
import { headOf, loadHighest } from "../stored.ts";

/** Findings on their way to a feed, and how far they were read. */
export interface FindingIntake {
  readonly partition: number;
  /** Where to read on. */
  readonly position: number;
  /** The findings of a batch that were not there before. */
  newFindings(batch: RecordBatch): Finding[];
  /** Writes changes together with how far was read, all or nothing. Rejects with `fenced` when another process has taken over. */
  commit(changes: readonly GroupChange[]): Promise<void>;
}

/** Takes over a partition of a feed's space. */
export async function openFindingIntake(
  store: Store,
  space: string,
  partition: number,
): Promise<FindingIntake> {
  const lease = await store.acquire(space, partition);
  const highest = await loadHighest(store, space, partition);
  return intakeOf(store, lease, highest, await store.position(space, partition));
}

function intakeOf(store: Store, lease: Lease, highest: Highest, start: number): FindingIntake {
  let position = start;
  return {
    partition: lease.partition,
    get position() {
      return position;
    },
    newFindings(batch) {
      position = endOf(batch);
      return newIn<Finding>(batch, highest).map(({ value }) => value);
    },
    async commit(changes) {
      await store.commit(lease, [[...changes, headOf(highest)]], position);
    },
  };
}
