/** Thresholds from calibration scores alone, made as the detectors make them: see detectors/evidence/limits.ts. */
import { MAX_UNITS, NEVER, packed } from "../../../detectors/evidence/conformal.ts";
import { thresholdAt } from "../../../detectors/evidence/limits.ts";
import { thousandths } from "../../../detectors/evidence/score.ts";

/** A session's score, whose it is, and the trust unit that it came from. */
export interface Calibration {
  readonly score: number;
  readonly agent: string;
  readonly trustUnit: string | undefined;
}

/** Says of an agent and a score whether it alerts; undefined if nothing can be promised of that agent. */
export type Alerts = (agent: string, score: number) => boolean | undefined;

/** Each agent has a threshold of its own, or that of all agents together where its own scores are too few. */
export function alertsAt(calibration: readonly Calibration[], rate: number): Alerts {
  const ofAll = thresholdOf(calibration, rate);
  const own = new Map<string, number>();
  for (const [agent, some] of Map.groupBy(calibration, (one) => one.agent)) {
    const points = thresholdOf(some, rate);
    if (points !== NEVER) own.set(agent, points);
  }
  return (agent, score) => {
    const points = own.get(agent) ?? ofAll;
    return points === NEVER ? undefined : thousandths(score) > points;
  };
}

function thresholdOf(calibration: readonly Calibration[], rate: number): number {
  const units = [...new Set(calibration.map(({ trustUnit }) => trustUnit))];
  const numbers = new Map(units.map((unit, at) => [unit, at % MAX_UNITS]));
  const scores = calibration.map(({ score, trustUnit }) =>
    packed(thousandths(score), numbers.get(trustUnit) ?? 0),
  );
  return thresholdAt(Int32Array.from(scores).sort().reverse(), rate);
}
