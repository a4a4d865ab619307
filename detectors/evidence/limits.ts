/**
 * How an agent's budget of false alerts is shared out: what is promised of each session, and the thresholds that keep it.
 *
 * Of k expected false alerts a day, nine tenths go to single sessions: k' = 0.9 k. Each of the N sessions that are expected
 * gets k'/N, at most 5 %, shared among the tiers of the call that is its worst. A share too small for the calibration is
 * pooled with that of the next tier, and all shares together are raised to what the calibration can tell. A session that
 * is judged costs what was promised of it, fired or not; when k' is spent, no more sessions are judged that day.
 */
import { ln } from "../stats/exact.ts";
import { lowestRate, NEVER, threshold, unitsOf } from "./conformal.ts";
import { largestGain } from "./run.ts";

/** The thresholds of one day, and what is promised of its sessions by them. Nothing is if `cost` is 0. */
export interface DayThresholds {
  /** Rates of false alerts of one session, by tier of its worst call. */
  readonly rates: Float64Array;
  /** Scores above alert, in thousandths of a point, by the same tier. */
  readonly thresholds: Int32Array;
  /** Expected false alerts of one session that is judged. */
  readonly cost: number;
  /** Sessions that can be judged in a day, and those of them from one trust unit. */
  readonly sessions: number;
  readonly ofOneUnit: number;
  /** Clean sessions from one false alert of a run to the next, at least; the sum that it alerts at; what one session can add. */
  readonly runLength: number;
  readonly runAlertsAt: number;
  readonly largestGain: number;
}

/** Shares of a budget: sessions whose worst call reads, writes, sends or administers; the rest is for runs of sessions. */
const SHARES = [0.15, 0.3, 0.45];
const OF_SESSIONS = 0.9;
const OF_RUNS = 0.1;
/** Most that is promised of one session. */
export const HIGHEST_RATE = 0.05;
/**
 * No threshold is lower, in thousandths of a point, or an agent that is calm would be told of whatever is not quite usual:
 * 93 of 100 clean sessions of recorded agents, and 2 to 9 of 100 attacks, scored less by weights that never saw their model.
 */
export const LOWEST_THRESHOLD = -2000;
/** Fewest sessions a day that an agent is taken to have. */
export const FEWEST_SESSIONS = 8;
/** Share of a day's sessions that one trust unit may have judged: a flood from one leaves the others something. */
const OF_ONE_UNIT = 0.75;
/** Fewest sessions from one false alert of a run to the next. */
const SHORTEST_RUN = 1000;

/** Whether these scores are enough to promise anything. */
export const isCalibrated = (ranked: Int32Array) => lowestRate(ranked) <= HIGHEST_RATE;

/** Scores above it alert if so much is promised, in thousandths of a point; NEVER if the scores are too few to say so. */
export const thresholdAt = (ranked: Int32Array, rate: number) =>
  Math.max(LOWEST_THRESHOLD, threshold(ranked, rate));

/** Nothing is promised, and nothing alerts. */
const NO_THRESHOLDS: DayThresholds = {
  rates: new Float64Array(SHARES.length),
  thresholds: new Int32Array(SHARES.length).fill(NEVER),
  cost: 0,
  sessions: 0,
  ofOneUnit: 0,
  runLength: SHORTEST_RUN,
  runAlertsAt: ln(SHORTEST_RUN),
  largestGain: 0,
};

/** The thresholds of a day that so many sessions are expected on, with `budget` false alerts. */
export function thresholdsOf(ranked: Int32Array, expected: number, budget: number): DayThresholds {
  const lowest = lowestRate(ranked);
  if (lowest > HIGHEST_RATE) return NO_THRESHOLDS;
  const rate = Math.min(HIGHEST_RATE, budget / Math.max(FEWEST_SESSIONS, expected));
  const rates = new Float64Array(SHARES.length);
  const cost = shareOut(rates, rate, lowest);
  const sessions = Math.floor((OF_SESSIONS * budget) / cost + 1e-9);
  const runLength = Math.max(SHORTEST_RUN, Math.ceil(sessions / (OF_RUNS * budget)));
  return {
    rates,
    thresholds: Int32Array.from(rates, (one) => thresholdAt(ranked, one)),
    cost,
    sessions,
    ofOneUnit: unitsOf(ranked) > 1 ? Math.ceil(sessions * OF_ONE_UNIT) : sessions,
    runLength,
    runAlertsAt: ln(runLength),
    largestGain: largestGain(ranked.length),
  };
}

/** Fills the rate of each tier; answers what they cost together. A session has one worst call, but any tier may have it. */
function shareOut(rates: Float64Array, rate: number, lowest: number): number {
  let [cost, pool, from] = [0, 0, 0];
  for (const [tier, share] of SHARES.entries()) {
    pool += share * rate;
    const isLast = tier === SHARES.length - 1;
    if (pool < lowest && !isLast) continue;
    const promised = Math.max(pool, lowest);
    rates.fill(promised, from, tier + 1);
    cost += promised;
    [pool, from] = [0, tier + 1];
  }
  return cost;
}
