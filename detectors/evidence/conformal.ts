/**
 * What a score is worth, from the scores of earlier sessions alone (split conformal, Vovk et al. 2005): if those and the
 * sessions to come are exchangeable, a clean session has a p-value of at most `rate` with at most that probability.
 *
 * Scores are ranked: packed with the trust unit that each came from, highest first. Any unit may be left out, and the
 * lowest p-value that is left speaks: one unit, compromised or merely odd, cannot make a score look usual, however many
 * scores it adds. A unit with most of the scores stays, because without it little would be left to speak.
 */

/** Leaving the worst unit out raises the rate of false alerts about so many times (measured); it is paid back in advance. */
export const COST_OF_LEAVING_OUT = 1.4;
/** Numbers of trust units lie below. */
export const MAX_UNITS = 128;
/** Above every score: nothing may alert. */
export const NEVER = 0x7fff_ffff;

/** Nothing is known: one for all agents, because most that there are have no scores yet. */
export const NO_SCORES = new Int32Array(0);

/** Thousandths of a point, and the unit's number, in one number that sorts as the points do. */
export const packed = (points: number, unit: number) => points * MAX_UNITS + unit;
/** The points of a packed score, in thousandths. */
export const pointsOf = (score: number) => score >> 7;
/** The number of its trust unit. */
export const unitOfScore = (score: number) => score & (MAX_UNITS - 1);

/** Scores of each unit, and those of them that are at least as high as the one in hand; counted anew by every function. */
const held = new Int32Array(MAX_UNITS);
const asHigh = new Int32Array(MAX_UNITS);

/** Counts; answers how many scores are at least as high. */
function count(ranked: Int32Array, points: number): number {
  held.fill(0);
  asHigh.fill(0);
  let total = 0;
  for (let at = 0; at < ranked.length; at++) {
    const unit = unitOfScore(ranked[at]!);
    held[unit]!++;
    if (pointsOf(ranked[at]!) < points) continue;
    asHigh[unit]!++;
    total++;
  }
  return total;
}

function canBeLeftOut(unit: number, { length }: Int32Array): boolean {
  const own = held[unit]!;
  return own > 0 && own < length && own * 2 <= length + 1;
}

/** Whether no unit can be left out: there is only one, or one has most of the scores. */
export function isOfOne(ranked: Int32Array): boolean {
  count(ranked, NEVER);
  for (let unit = 0; unit < MAX_UNITS; unit++) if (canBeLeftOut(unit, ranked)) return false;
  return true;
}

/** The p-value of a score, in thousandths of a point. */
export function pValue(ranked: Int32Array, points: number): number {
  const total = count(ranked, points);
  let lowest = Number.POSITIVE_INFINITY;
  for (let unit = 0; unit < MAX_UNITS; unit++)
    if (canBeLeftOut(unit, ranked))
      lowest = Math.min(lowest, (1 + total - asHigh[unit]!) / (ranked.length - held[unit]! + 1));
  if (lowest === Number.POSITIVE_INFINITY) return (1 + total) / (ranked.length + 1);
  return Math.min(1, COST_OF_LEAVING_OUT * lowest);
}

/** The lowest rate that can be promised whichever unit is left out: there are too few scores for a lower one. */
export function lowestRate(ranked: Int32Array): number {
  count(ranked, NEVER);
  let highest = 0;
  for (let unit = 0; unit < MAX_UNITS; unit++)
    if (canBeLeftOut(unit, ranked))
      highest = Math.max(highest, COST_OF_LEAVING_OUT / (ranked.length - held[unit]! + 1));
  return highest === 0 ? 1 / (ranked.length + 1) : highest;
}

/** Scores above it have a p-value of at most `rate`, in thousandths of a point; NEVER if there are too few to say so. */
export function threshold(ranked: Int32Array, rate: number): number {
  count(ranked, NEVER);
  let lowest = NEVER;
  let isWhole = true;
  for (let unit = 0; unit < MAX_UNITS; unit++) {
    if (!canBeLeftOut(unit, ranked)) continue;
    isWhole = false;
    const rank = rankOf(rate / COST_OF_LEAVING_OUT, ranked.length - held[unit]!);
    lowest = Math.min(lowest, atRank(ranked, rank, unit));
  }
  return isWhole ? atRank(ranked, rankOf(rate, ranked.length), MAX_UNITS) : lowest;
}

const rankOf = (rate: number, scores: number) => Math.floor(rate * (scores + 1) + 1e-9);

/** The points of the score at a rank, from 1, without those of a unit. */
function atRank(ranked: Int32Array, rank: number, without: number): number {
  if (rank < 1) return NEVER;
  for (let at = 0, left = rank; at < ranked.length; at++)
    if (unitOfScore(ranked[at]!) !== without && --left === 0) return pointsOf(ranked[at]!);
  return NEVER;
}

/** Trust units among the scores. */
export function unitsOf(ranked: Int32Array): number {
  count(ranked, NEVER);
  let units = 0;
  for (let unit = 0; unit < MAX_UNITS; unit++) if (held[unit]! > 0) units++;
  return units;
}
