/** Commits whose whole content follows from their number, so that whatever lies in a store can be judged. */
import { expect } from "vitest";
import type { GroupChange, Lease, Store } from "../../services/ports/store.ts";
import { change, contents } from "../conformance/store-groups.ts";

const GROUPS = ["first", "second", "third"];

/** Three chunks of a group each; both entries hold the number. */
export function chunksOf(number: number): GroupChange[][] {
  return GROUPS.map((group) => [change(group, { one: `${number}`, two: `${number}` })]);
}

/** Commits the numbers one after the other, at these positions; tells after each. */
export async function commitAll(
  store: Store,
  lease: Lease,
  numbers: readonly number[],
  committed: (number: number) => void = () => {},
): Promise<void> {
  for (const number of numbers) {
    await store.commit(lease, chunksOf(number), number);
    committed(number);
  }
}

/** What was acknowledged is there; at most the next commit's first chunks are there too, and its position only with all. */
export async function expectWhole(store: Store, partition: number, acknowledged: number): Promise<void> {
  const position = await store.position("processor", partition);
  expect(position).toBeGreaterThanOrEqual(acknowledged);
  const groups = await contents(store, "processor", partition);
  const written = GROUPS.map((group) => Number(groups[group]?.one ?? 0));
  expect(written).toEqual(GROUPS.map((group) => Number(groups[group]?.two ?? 0)));
  const prefixes = GROUPS.map((_, count) => GROUPS.map((_, chunk) => position + (chunk < count ? 1 : 0)));
  expect(prefixes).toContainEqual(written);
}

/** Numbers from `from` up to `to`. */
export const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);
