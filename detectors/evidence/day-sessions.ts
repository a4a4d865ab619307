/** The day's sessions of an agent: how many are expected, how many were judged, and why the others were not. */
import { STANDINGS } from "../detector.ts";
import { type DayThresholds, FEWEST_SESSIONS } from "./limits.ts";

/** Places in STANDINGS. Too few scores are known yet. */
export const CALIBRATION = 0;
/** It costs its part of the budget, and its score may alert. */
export const JUDGED = 1;
/** The agent, or its workflow, is learning: too much is new. */
export const LEARNING = 2;
/** The day's budget, or the part of it for one trust unit, is spent. */
export const BUDGET = 3;

/** The day's sessions. */
export interface DaySessions {
  /** Sessions a day, as forecast at the last midnight: an average over active days, newer ones count more. 0 before the first. */
  expected: number;
  /** Sessions begun and judged today, and those judged of each trust unit, by number. */
  begun: number;
  judged: number;
  judgedOf: Int32Array;
  /** Findings made today, and sessions of all days that would have made one with more budget. */
  told: number;
  heldBack: number;
  /** Sessions by how they stood; older days count less. */
  readonly standings: number[];
}

/** Part of the newest day in the forecast, and of the past that is forgotten each day. */
const NEWEST = 0.25;
/** A day counts for at most so many times what was expected of it: no flood raises the forecast by more than a quarter a day. */
const MOST_COUNTED = 2;

/** One for all agents of which nobody was judged yet. */
const NOBODY = new Int32Array(0);

/** Before the first session. */
export const newDaySessions = (): DaySessions => ({
  expected: 0,
  begun: 0,
  judged: 0,
  judgedOf: NOBODY,
  told: 0,
  heldBack: 0,
  standings: STANDINGS.map(() => 0),
});

/** A session begins: answers how it stands, and pays for it if it is judged. Fixed before its first call is scored. */
export function enter(day: DaySessions, isLearning: boolean, today: DayThresholds, unit: number): number {
  const standing = isLearning ? LEARNING : today.cost === 0 ? CALIBRATION : pay(day, today, unit);
  day.begun++;
  day.standings[standing]!++;
  return standing;
}

function pay(day: DaySessions, { sessions, ofOneUnit }: DayThresholds, unit: number): number {
  if (day.judged >= sessions || (day.judgedOf[unit] ?? 0) >= ofOneUnit) return BUDGET;
  if (unit >= day.judgedOf.length) day.judgedOf = longer(day.judgedOf, unit + 1);
  day.judged++;
  day.judgedOf[unit]!++;
  return JUDGED;
}

function longer(counts: Int32Array, length: number): Int32Array {
  const grown = new Int32Array(length);
  grown.set(counts);
  return grown;
}

/** A new day: the forecast is made, and the budget is whole again. `isPromised` says whether scores could alert on the old one. */
export function turnDay(day: DaySessions, isPromised: boolean): void {
  if (day.begun > 0) day.expected = forecast(day, isPromised);
  for (let at = 0; at < day.standings.length; at++)
    day.standings[at] = Math.floor(day.standings[at]! * (1 - NEWEST));
  day.begun = 0;
  day.judged = 0;
  day.judgedOf.fill(0);
  day.told = 0;
}

/** Before anything is promised a forecast follows every day: there is no budget yet that a flood could thin out. */
function forecast({ expected, begun }: DaySessions, isPromised: boolean): number {
  const most = isPromised ? MOST_COUNTED * Math.max(FEWEST_SESSIONS, expected) : begun;
  const counted = Math.min(begun, most);
  return expected === 0 ? counted : expected + (counted - expected) * NEWEST;
}

/** Share of the newest sessions that were not judged, for one reason or for any. */
export function unjudgedShare({ standings }: DaySessions, standing?: number): number {
  const all = standings.reduce((sum, count) => sum + count, 0);
  const unjudged = standing === undefined ? all - standings[JUDGED]! : standings[standing]!;
  return all === 0 ? 0 : unjudged / all;
}
