/** Promised and realised rates of false alerts: is the promise kept on sessions that had no part in it? */
import { type Alerts, alertsAt, type Calibration } from "./conformal.ts";
import { mean } from "./mean.ts";
import { type Judged, labelled } from "./measure.ts";
import { sampled, seeded } from "./seeded.ts";
import { sessionScoreOf } from "./trail.ts";

/** A rate of false alerts, and what alerts so that it is kept: one choice for each split. */
export interface Promised {
  readonly rate: number;
  readonly splits: readonly Alerts[];
}

/** What became of one promise, on average over splits of the calibration scores. */
export interface KeptPromise {
  readonly promised: number;
  readonly realised: number;
  /** Standard deviation of the realised rate over the splits. */
  readonly spread: number;
  readonly tpr: number;
  readonly splits: number;
  /** Share of the sessions, benign and attacks, that no threshold could judge: calibration was too small for the rate. */
  readonly unjudged: number;
}

/** Splits of the calibration scores that a promise is measured on. */
const SPLITS = 20;
/** Share of the calibration scores that one split takes. */
const TAKEN = 0.5;

/** Makes promises from scores of sessions that are benign and not among those that are judged. */
export function promised(calibration: readonly Calibration[], rates: readonly number[]): readonly Promised[] {
  const splits = Array.from({ length: SPLITS }, (_, seed) => sampled(calibration, TAKEN, seeded(seed)));
  return rates.map((rate) => ({ rate, splits: splits.map((split) => alertsAt(split, rate)) }));
}

/** Measures promises on these sessions. */
export function kept(promises: readonly Promised[], sessions: readonly Judged[]): readonly KeptPromise[] {
  const [benign, attacks] = [labelled(sessions, "benign"), labelled(sessions, "executed")];
  return promises.map(({ rate, splits }) => {
    const rates = splits.map((alerts) => shareOf(benign, alerts, true));
    const realised = mean(rates);
    return {
      promised: rate,
      realised,
      spread: Math.sqrt(mean(rates.map((one) => (one - realised) ** 2))),
      tpr: mean(splits.map((alerts) => shareOf(attacks, alerts, true))),
      splits: splits.length,
      unjudged: mean(splits.map((alerts) => shareOf([...benign, ...attacks], alerts, undefined))),
    };
  });
}

/** Share of the sessions of which this is said. */
function shareOf(sessions: readonly Judged[], alerts: Alerts, said: boolean | undefined): number {
  return (
    sessions.filter(({ trail }) => alerts(trail.agent, sessionScoreOf(trail)) === said).length /
    sessions.length
  );
}
