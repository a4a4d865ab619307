/** Promised and realised rates of false alerts: is the promise kept on sessions that had no part in it? */
import { conformalThreshold } from "./conformal.ts";
import type { Judged } from "./measure.ts";
import { shareAbove } from "./ranking.ts";
import { sampled, seeded } from "./seeded.ts";
import { type Label, scoreOf } from "./trail.ts";

/** What became of one promise, on average over splits of the calibration scores. */
export interface KeptPromise {
  readonly promised: number;
  readonly realised: number;
  /** Standard deviation of the realised rate over the splits. */
  readonly spread: number;
  readonly tpr: number;
  readonly splits: number;
}

/** Splits of the calibration scores that a promise is measured on. */
const SPLITS = 20;
/** Share of the calibration scores that one split takes. */
const TAKEN = 0.5;

/** Measures each promise. `calibration` are scores of sessions that are benign and not among those that are judged. */
export function promises(
  calibration: readonly number[],
  sessions: readonly Judged[],
  rates: readonly number[],
): readonly KeptPromise[] {
  const scores = (label: Label) =>
    sessions.filter(({ truth }) => truth.label === label).map(({ trail }) => scoreOf(trail));
  const [benign, attacks] = [scores("benign"), scores("executed")];
  return rates.map((promised) => {
    const outcomes = Array.from({ length: SPLITS }, (_, seed) => {
      const threshold = conformalThreshold(sampled(calibration, TAKEN, seeded(seed)), promised);
      return { realised: shareAbove(benign, threshold), tpr: shareAbove(attacks, threshold) };
    });
    const realised = mean(outcomes.map((outcome) => outcome.realised));
    const spread = Math.sqrt(mean(outcomes.map((outcome) => (outcome.realised - realised) ** 2)));
    return { promised, realised, spread, tpr: mean(outcomes.map(({ tpr }) => tpr)), splits: SPLITS };
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
