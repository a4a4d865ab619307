/** What an agent adds to its group, from what is known of it. */
import type { Baseline, LearningProgress } from "../baseline/baseline.ts";
import { isBaseline, parentOf, symbolOf } from "../baseline/graph/graph.ts";
import { hashesOf, type NameDictionary, OTHER } from "../baseline/names.ts";
import { knownAnywhere } from "../evidence/memory.ts";
import {
  type Contribution,
  MOST_OPERATIONS,
  MOST_SCORES,
  MOST_UNITS,
  MOST_VALUES,
  STILL,
} from "./contribution.ts";
import { firstPairs } from "./pairs.ts";
import { MOST_KEPT } from "./peers.ts";

/** What the agent adds for the days from `from` to before `until`; undefined if its sessions are not scored. */
export function contributionOf(baseline: Baseline, from: number, until: number): Contribution | undefined {
  const { memory } = baseline;
  const agent = baseline.progress.get(0);
  if (memory === undefined || agent === undefined) return undefined;
  const { guarantee, peers } = memory;
  const { scores, count } = guarantee.reservoir;
  return {
    group: peers.group,
    from,
    until,
    weights: guarantee.weights,
    units: unitsOf(baseline.names, agent),
    operations: firstPairs(operationsOf(baseline, agent), MOST_OPERATIONS),
    values: firstPairs(knownAnywhere(memory), MOST_VALUES),
    scores: scores.slice(Math.max(0, count - MOST_SCORES), count),
  };
}

/**
 * The same at the end of the day `end`, of an agent whose newest event is of the day `newest`: as it is now if that was no
 * later, else as it was kept; `gone` if it has had so many days since that it may not be kept any more.
 */
export function contributionAt(
  baseline: Baseline,
  newest: number,
  end: number,
): Contribution | "gone" | undefined {
  if (newest <= end) return contributionOf(baseline, newest, STILL);
  const kept = baseline.memory?.peers.kept ?? [];
  const then = kept.find(({ from, until }) => from <= end && end < until);
  return then ?? (kept.length < MOST_KEPT ? undefined : "gone");
}

/** By their numbers in the agent, from 1; those beyond the cap, which are few, are of no name. */
const unitsOf = (names: NameDictionary, { units }: LearningProgress) =>
  Int32Array.from(units.slice(0, MOST_UNITS).flatMap((unit) => hashesOf(names, unit)));

function operationsOf({ graph, names }: Baseline, { root }: LearningProgress): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let node = 1; node < graph.count; node++) {
    const symbol = symbolOf(graph, node);
    if (parentOf(graph, node) === root && symbol > OTHER && isBaseline(graph, node))
      found.push(hashesOf(names, symbol));
  }
  return found;
}
