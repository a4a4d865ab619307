/**
 * Thresholds from calibration scores alone (split conformal, Vovk et al. 2005): if the scores of calibration and of the
 * sessions to come are exchangeable, a session that is benign lies above the threshold with at most the promised
 * probability.
 */

/** A session's score, whose it is, and the trust unit that it came from. */
export interface Calibration {
  readonly score: number;
  readonly agent: string;
  readonly trustUnit: string | undefined;
}

/** Leaving the worst unit out raises the rate of false alerts about so many times (measured); it is paid back in advance. */
const COST_OF_LEAVING_OUT = 1.4;

/** The threshold that keeps a promise; Infinity if there are fewer than 1/rate - 1 scores, so that nothing may alert. */
export function conformalThreshold(scores: readonly number[], rate: number): number {
  return atRank([...scores].sort(descending), rate);
}

const descending = (one: number, other: number) => other - one;

function atRank(sorted: readonly number[], rate: number): number {
  return sorted[Math.floor(rate * (sorted.length + 1) + 1e-9) - 1] ?? Number.POSITIVE_INFINITY;
}

/**
 * The lowest threshold that is left when any one trust unit is left out: one unit, compromised or merely odd, cannot
 * raise it, however many scores it adds.
 */
export function robustThreshold(calibration: readonly Calibration[], rate: number): number {
  const sorted = calibration.toSorted((one, other) => descending(one.score, other.score));
  const without = (unit: string | undefined) =>
    sorted.flatMap(({ score, trustUnit }) => (trustUnit === unit ? [] : [score]));
  const units = new Set(calibration.map(({ trustUnit }) => trustUnit));
  if (units.size < 2) return conformalThreshold(calibration.map(scoreOf), rate);
  const thresholds = [...units].map((unit) => atRank(without(unit), rate / COST_OF_LEAVING_OUT));
  return Math.min(...thresholds);
}

const scoreOf = ({ score }: Calibration) => score;

/** The threshold of each agent: its own, or that of all agents together where its own scores are too few. */
export function thresholds(calibration: readonly Calibration[], rate: number): (agent: string) => number {
  const ofAll = robustThreshold(calibration, rate);
  const own = new Map<string, number>();
  for (const [agent, some] of Map.groupBy(calibration, (one) => one.agent)) {
    const threshold = robustThreshold(some, rate);
    if (Number.isFinite(threshold)) own.set(agent, threshold);
  }
  return (agent) => own.get(agent) ?? ofAll;
}
