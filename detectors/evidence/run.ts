/**
 * Sessions that are each a little unlikely, one after another: a CUSUM of e-values (Shin, Ramdas, Rinaldo 2024). From a
 * p-value e = mean of kappa p^(kappa-1), kappa = 0.1, 0.25, 0.5, 0.75, whose mean is at most 1 for clean sessions; then
 * W = max(W, 0) + ln e, and ln A is reached by clean sessions once in A of them or less often.
 */
import { exp, ln } from "../stats/exact.ts";

/** What sessions have added up to since the sum was last 0. */
export interface ScoreRun {
  sum: number;
  /** Names of the newest that added to it, at most MAX_NAMED. */
  names: readonly string[];
  /** How many added to it. */
  sessions: number;
}

const KAPPAS = [0.1, 0.25, 0.5, 0.75];
/** Most sessions of a run that are named. */
export const MAX_NAMED = 16;

const NONE: readonly string[] = [];

/** Nothing added up. */
export const newRun = (): ScoreRun => ({ sum: 0, names: NONE, sessions: 0 });

/** What a session of this p-value adds: ln e. */
export function gainOf(pValue: number): number {
  const [log, count] = [ln(pValue), KAPPAS.length];
  let e = 0;
  for (const kappa of KAPPAS) e += (kappa * exp((kappa - 1) * log)) / count;
  return ln(e);
}

/** The most that a session can add, by so many scores. */
export const largestGain = (scores: number) => gainOf(1 / (scores + 1));

/** What the sum would be with one more session. */
export const sumWith = ({ sum }: ScoreRun, gain: number) => Math.max(sum, 0) + gain;

/** Adds a session that has ended. */
export function addSession(run: ScoreRun, gain: number, name: string): void {
  run.sum = sumWith(run, gain);
  if (run.sum <= 0) restartRun(run);
  else if (gain > 0) {
    run.sessions++;
    run.names = [...run.names, name].slice(-MAX_NAMED);
  }
}

/** Begins anew. */
export function restartRun(run: ScoreRun): void {
  run.sum = 0;
  run.names = NONE;
  run.sessions = 0;
}
