/**
 * Thresholds from calibration scores alone (split conformal, Vovk et al. 2005): if the scores of calibration and of the
 * sessions to come are exchangeable, a session that is benign lies above the threshold with at most the promised
 * probability.
 */

/** A session's score and the trust unit that it came from. */
export interface Calibration {
  readonly score: number;
  readonly trustUnit: string | undefined;
}

/** The threshold that keeps a promise; Infinity if there are fewer than 1/rate - 1 scores, so that nothing may alert. */
export function conformalThreshold(scores: readonly number[], rate: number): number {
  const rank = Math.floor(rate * (scores.length + 1) + 1e-9);
  if (rank < 1) return Number.POSITIVE_INFINITY;
  return [...scores].sort((a, b) => b - a)[rank - 1] ?? Number.POSITIVE_INFINITY;
}

/**
 * The lowest threshold that is left when any one trust unit is left out: one compromised unit cannot raise it, however
 * many scores it adds. It costs about 1.4 times the false alerts, so ask it for rate / 1.4 to pay that back.
 */
export function robustThreshold(calibration: readonly Calibration[], rate: number): number {
  const all = calibration.map(({ score }) => score);
  const units = new Set(calibration.map(({ trustUnit }) => trustUnit));
  if (units.size < 2) return conformalThreshold(all, rate);
  const without = [...units].map((unit) =>
    conformalThreshold(
      calibration.filter(({ trustUnit }) => trustUnit !== unit).map(({ score }) => score),
      rate,
    ),
  );
  return Math.min(...without);
}
