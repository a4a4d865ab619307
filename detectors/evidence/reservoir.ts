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
export function addScore(r: Reservoir, points: number, unit: number): void {
  held.fill(0);
  for (let at = 0; at < r.count; at++) held[unitOfScore(r.scores[at]!)]!++;
  const others = r.count - held[unit]!;
  if (others >= OTHERS && held[unit]! > others) removeOldest(r, unit);
  else if (r.count === MAX_SCORES) removeOldest(r, largest());
  if (r.count === r.scores.length) r.scores = longer(r.scores);
  r.scores[r.count++] = packed(points, unit);
}

/** Removes the newest of these scores, if it is still there. */
export function removeScore(r: Reservoir, points: number, unit: number): void {
  const at = r.scores.subarray(0, r.count).lastIndexOf(packed(points, unit));
  if (at >= 0) removeAt(r, at);
}

function largest(): number {
  let unit = 0;
  for (let other = 1; other < MAX_UNITS; other++) if (held[other]! > held[unit]!) unit = other;
  return unit;
}

function removeOldest(r: Reservoir, unit: number): void {
  let at = 0;
  while (unitOfScore(r.scores[at]!) !== unit) at++;
  removeAt(r, at);
}

function removeAt(r: Reservoir, at: number): void {
  r.scores.copyWithin(at, at + 1, r.count);
  r.count--;
}

function longer(scores: Int32Array): Int32Array {
  const grown = new Int32Array(Math.max(16, scores.length * 2));
  grown.set(scores);
  return grown;
}

/** A copy of all of them, the highest first. */
export const ranked = ({ scores, count }: Reservoir): Int32Array => scores.slice(0, count).sort().reverse();
