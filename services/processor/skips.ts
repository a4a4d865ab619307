/** Which detectors are left out at which events, because they threw there. Stored beside the agents. */
import type { GroupChange, Store } from "../ports/store.ts";
import { fromBytes } from "../records.ts";
import { type Skips, SPACE } from "./state.ts";

/** Group of a partition's skips; no agent has it, because a tenant has at least one character. */
const SKIPS = "/skips";
/** Most skips remembered; older events are long folded. */
const MAX_SKIPS = 1000;

/** The skips of the last commit. */
export async function readSkips(store: Store, partition: number): Promise<Skips> {
  const entries = (await store.load(SPACE, partition, [SKIPS])).get(SKIPS);
  const stored = fromBytes<[number, string[]][]>(entries?.get("skips")) ?? [];
  return new Map(stored.map(([position, detectors]) => [position, new Set(detectors)]));
}

/** What a commit writes of them: nothing as long as there are none. */
export function changedSkips(skips: Skips): GroupChange[] {
  if (skips.size === 0) return [];
  const newest = [...skips].slice(-MAX_SKIPS).map(([position, detectors]) => [position, [...detectors]]);
  return [{ group: SKIPS, entries: new Map([["skips", Buffer.from(JSON.stringify(newest))]]) }];
}

/** Forgets the oldest beyond the cap: of events before the last commit, which are not folded again. */
export function forgetSkips(skips: Skips, committed: number): void {
  for (const position of skips.keys()) {
    if (skips.size <= MAX_SKIPS || position >= committed) return;
    skips.delete(position);
  }
}
