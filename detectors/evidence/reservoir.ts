/**
 * Scores of an agent's newest sessions, so many that each trust unit has its share: who adds more than the others soon
 * only pushes out its own.
 */
import { MAX_UNITS, NO_SCORES, packed, unitOfScore } from "./conformal.ts";

/** Most scores of an agent: a rate of one in 360 can be promised from so many. */
export const MAX_SCORES = 512;
/** From so many scores of others on, no unit may have many more than they have together. */
const OTHERS = 20;

/** Packed scores, oldest first. */
export interface Reservoir {
  scores: Int32Array;
  count: number;
}

/** Without any. */
export const newReservoir = (): Reservoir => ({ scores: NO_SCORES, count: 0 });

const held = new Int32Array(MAX_UNITS);

/** Adds the score of the newest session, in thousandths of a point. */
export function addScore(reservoir: Reservoir, points: number, unit: number): void {
  held.fill(0);
  for (let at = 0; at < reservoir.count; at++) held[unitOfScore(reservoir.scores[at]!)]!++;
  const others = reservoir.count - held[unit]!;
  if (others >= OTHERS && held[unit]! > others) removeOldest(reservoir, unit);
  else if (reservoir.count === MAX_SCORES) removeOldest(reservoir, largest());
  if (reservoir.count === reservoir.scores.length) reservoir.scores = longer(reservoir.scores);
  reservoir.scores[reservoir.count++] = packed(points, unit);
}

/** Removes the newest of these scores, if it is still there. */
export function removeScore(reservoir: Reservoir, points: number, unit: number): void {
  const at = reservoir.scores.subarray(0, reservoir.count).lastIndexOf(packed(points, unit));
  if (at >= 0) removeAt(reservoir, at);
}

function largest(): number {
  let unit = 0;
  for (let other = 1; other < MAX_UNITS; other++) if (held[other]! > held[unit]!) unit = other;
  return unit;
}

function removeOldest(reservoir: Reservoir, unit: number): void {
  let at = 0;
  while (unitOfScore(reservoir.scores[at]!) !== unit) at++;
  removeAt(reservoir, at);
}

function removeAt(reservoir: Reservoir, at: number): void {
  reservoir.scores.copyWithin(at, at + 1, reservoir.count);
  reservoir.count--;
}

function longer(scores: Int32Array): Int32Array {
  const grown = new Int32Array(Math.max(16, scores.length * 2));
  grown.set(scores);
  return grown;
}

/** A copy of all of them, the highest first. */
export const ranked = ({ scores, count }: Reservoir): Int32Array => scores.slice(0, count).sort().reverse();
