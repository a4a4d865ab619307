/**
 * How a feed takes in one partition of `findings`: it skips what the processor sends again, and keeps its position and the
 * highest origins in a space of its own.
 */
import type { Finding } from "../../../schemas/finding.ts";
import { type Derived, type Highest, isNew } from "../../../schemas/origin.ts";
import type { GroupChange, Lease, Store } from "../../ports/store.ts";
import type { RecordBatch } from "../../ports/stream.ts";
import { fromBytes, toBytes } from "../json.ts";

const HEAD = "head";

export interface Intake {
  readonly partition: number;
  /** Where to read on. */
  readonly position: number;
  /** The findings of a batch that were not there before. */
  newFindings(batch: RecordBatch): Finding[];
  /** Writes changes together with how far was read, all or nothing. Rejects with `fenced` when another process has taken over. */
  commit(changes: readonly GroupChange[]): Promise<void>;
}

/** Takes over a partition of a feed's space. */
export async function openIntake(store: Store, space: string, partition: number): Promise<Intake> {
  const lease = await store.acquire(space, partition);
  const entries = (await store.load(space, partition, [HEAD])).get(HEAD);
  const highest: Highest = new Map(fromBytes<[]>(entries?.get("highest")));
  return intakeOf(store, lease, highest, await store.position(space, partition));
}

function intakeOf(store: Store, lease: Lease, highest: Highest, start: number): Intake {
  let position = start;
  return {
    partition: lease.partition,
    get position() {
      return position;
    },
    newFindings(batch) {
      position = (batch.positions[batch.count - 1] ?? -1) + 1;
      return findingsOf(batch).flatMap(({ origin, value }) => (isNew(highest, origin) ? [value] : []));
    },
    async commit(changes) {
      const head = { group: HEAD, entries: new Map([["highest", toBytes([...highest])]]) };
      await store.commit(lease, [[...changes, head]], position);
    },
  };
}

function findingsOf(batch: RecordBatch): Derived<Finding>[] {
  const found: Derived<Finding>[] = [];
  for (let at = 0; at < batch.count; at++) {
    const derived = fromBytes<Derived<Finding>>(batch.bytes.subarray(batch.starts[at], batch.ends[at]));
    if (derived !== undefined) found.push(derived);
  }
  return found;
}
