/** The scores of many agents as one list that any trust unit can be left out of. */
import { MAX_UNITS, packed, pointsOf, unitOfScore } from "../evidence/conformal.ts";

/** Scores of one agent, oldest first, and the hashes of the trust units that they name. */
interface Scores {
  readonly units: Int32Array;
  readonly scores: Int32Array;
}

/** Most scores of a group; each agent adds as many as the others may, and so many at least. */
const MOST = 1024;
const LEAST_OF_ONE = 16;

/** Ranks the scores of agents, the highest first. No trust unit has more of them than all others have together. */
export function pooled(all: readonly Scores[]): Int32Array {
  const share = Math.max(LEAST_OF_ONE, Math.floor(MOST / Math.max(1, all.length)));
  const byUnit = new Map<string, number[]>();
  for (const { units, scores } of all)
    for (const score of scores.subarray(-share)) {
      const name = unitName(units, unitOfScore(score));
      byUnit.set(name, [...(byUnit.get(name) ?? []), pointsOf(score)]);
    }
  const lists = [...byUnit].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, points]) => points);
  return Int32Array.from(clipped(lists).flatMap(numbered)).sort().reverse();
}

/** Scores that name no unit are of one and the same, whoever adds them. */
const unitName = (units: Int32Array, number: number) =>
  number === 0 ? "0 0" : `${units[number * 2 - 2] ?? 0} ${units[number * 2 - 1] ?? 0}`;

/** The unit with most scores keeps as many of its scores as the others have together. */
function clipped(lists: readonly number[][]): readonly number[][] {
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  return lists.map((points) => {
    const others = total - points.length;
    return points.length > others ? points.slice(points.length - others) : points;
  });
}

const numbered = (points: readonly number[], at: number) =>
  points.map((one) => packed(one, Math.min(at + 1, MAX_UNITS - 1)));
