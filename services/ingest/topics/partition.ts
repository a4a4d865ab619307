/**
 * How far a partition has been read: up to the first batch of which something is not durable yet. The position is kept in our
 * store, under a lease, so that whoever was followed by another owner cannot move it; a copy goes to the source.
 */
import { hasCode } from "../../../schemas/errors.ts";
import type { RawPlace, RawSource } from "../../ports/source.ts";
import type { Lease, Store } from "../../ports/store.ts";
import type { Lane, Lanes } from "./lanes.ts";

/** A partition that this process owns. */
export interface RawPartition {
  readonly place: RawPlace;
  readonly lease: Lease;
  readonly lane: Lane;
  /** What was taken and is not wholly durable, oldest first. */
  readonly batches: TakenBatch[];
  /** Everything before it is durable. */
  position: number;
  committed: number;
  /** Somebody else has it. */
  isFenced: boolean;
}

/** A batch of which something is not durable. */
export interface TakenBatch {
  readonly partition: RawPartition;
  /** Position after it. */
  readonly next: number;
  readonly bytes: number;
  /** Events that are not durable, and one more while it is being read. */
  open: number;
}

/** Where positions are kept. */
export interface Positions {
  readonly store: Pick<Store, "acquire" | "position" | "commit">;
  readonly source: RawSource;
  /** Name of the source. */
  readonly name: string;
}

/** Takes the partition over from whoever had it. */
export async function openRawPartition(
  place: RawPlace,
  { store, name }: Positions,
  lanes: Lanes,
): Promise<RawPartition> {
  const space = `source/${name}/${place.topic}`;
  const lease = await store.acquire(space, place.partition);
  const position = await store.position(space, place.partition);
  const state = { batches: [], position, committed: position, isFenced: false };
  return { place, lease, lane: lanes.join(), ...state };
}

/** One thing in the batch is durable. True if that was the last. */
export function noteDurable(taken: TakenBatch): boolean {
  taken.open--;
  const { batches } = taken.partition;
  for (let first = batches[0]; first?.open === 0; first = batches[0]) {
    taken.partition.position = first.next;
    batches.shift();
  }
  return taken.open === 0;
}

/** Makes the position durable. `always`: also if it has not moved, so that one knows whose the partition is. */
export async function commitPosition(
  partition: RawPartition,
  { store, source }: Positions,
  always = false,
): Promise<void> {
  const { lease, place, position, committed, isFenced } = partition;
  if (isFenced || (position === committed && !always)) return;
  try {
    await store.commit(lease, [], position);
  } catch (error) {
    if (!hasCode(error, "fenced")) throw error;
    partition.isFenced = true;
    return;
  }
  partition.committed = position;
  if (position !== committed) await source.acknowledge(place, position);
}
