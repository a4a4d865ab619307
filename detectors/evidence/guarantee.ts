/** What is promised of an agent's false alerts: scores of its sessions, thresholds of the day, budget, and runs of sessions. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { NO_SCORES } from "./conformal.ts";
import { type DaySessions, newDaySessions, turnDay } from "./day-sessions.ts";
import { type DayThresholds, thresholdsOf } from "./limits.ts";
import { newReservoir, type Reservoir, ranked } from "./reservoir.ts";
import { newRun, restartRun, type ScoreRun } from "./run.ts";

/** Whose scores the thresholds of a day come from: the agent's own, or those of its peers. */
export const OWN = 0;
export const PEERS = 1;

/** What is promised of one agent. */
export interface Guarantee {
  /** Version of the weights that the scores were made with: others make scores that are not comparable. */
  weights: number;
  /** Scores for the next day, and those of this day, frozen and ranked. */
  readonly reservoir: Reservoir;
  ranked: Int32Array;
  /** Where those of this day come from. */
  basis: number;
  readonly day: DaySessions;
  readonly run: ScoreRun;
  /** Follows from the ranked scores, the forecast and the settings; undefined until it is asked for. */
  today: DayThresholds | undefined;
}

/** Nothing is promised yet. */
export const newGuarantee = (): Guarantee => ({
  weights: 0,
  reservoir: newReservoir(),
  ranked: NO_SCORES,
  basis: OWN,
  day: newDaySessions(),
  run: newRun(),
  today: undefined,
});

/** The thresholds of the day, with `budget` expected false alerts. */
export function thresholdsToday(guarantee: Guarantee, budget: number): DayThresholds {
  guarantee.today ??= thresholdsOf(guarantee.ranked, guarantee.day.expected, budget);
  return guarantee.today;
}

/** A new day: scores are frozen for it, and the budget is whole again. */
export function turnGuarantee(guarantee: Guarantee): void {
  turnDay(guarantee.day, guarantee.ranked.length > 0 || guarantee.basis !== OWN);
  guarantee.ranked = ranked(guarantee.reservoir);
  guarantee.basis = OWN;
  guarantee.today = undefined;
}

/** Thresholds of the day come from the scores of others. */
export function borrow(guarantee: Guarantee, ranked: Int32Array): void {
  guarantee.ranked = ranked;
  guarantee.basis = PEERS;
  guarantee.today = undefined;
}

/** Scores of other weights are forgotten. */
export function weighBy(guarantee: Guarantee, version: number): void {
  if (guarantee.weights === version) return;
  guarantee.weights = version;
  guarantee.reservoir.count = 0;
  guarantee.ranked = NO_SCORES;
  guarantee.basis = OWN;
  guarantee.today = undefined;
  restartRun(guarantee.run);
}

/** Dense. */
export function writeGuarantee(guarantee: Guarantee, to: ByteWriter): void {
  const { weights, reservoir, ranked, basis, day, run } = guarantee;
  to.i32(weights);
  to.ints(reservoir.scores, 0, reservoir.count);
  to.u8(basis);
  // What was borrowed is looked up again.
  to.ints(basis === OWN ? ranked : NO_SCORES);
  to.f64(day.expected);
  for (const count of [day.begun, day.judged, day.told, day.heldBack]) to.i32(count);
  to.ints(day.judgedOf);
  to.numbers(day.standings);
  to.f64(run.sum);
  to.i32(run.sessions);
  to.texts(run.names);
}

/** Reads what writeGuarantee wrote, or, without a basis, what was written before there were peers. */
export function readGuarantee(from: ByteReader, hasBasis: boolean): Guarantee {
  const weights = from.i32();
  const scores = from.list();
  const reservoir = { scores, count: scores.length };
  const basis = hasBasis ? from.u8() : OWN;
  const [frozen, expected] = [from.list(), from.f64()];
  const [begun, judged, told, heldBack] = [from.i32(), from.i32(), from.i32(), from.i32()];
  const [judgedOf, standings] = [from.list(), from.numbers()];
  const day = { expected, begun, judged, told, heldBack, judgedOf, standings };
  const run = { sum: from.f64(), sessions: from.i32(), names: from.texts() };
  return { weights, reservoir, ranked: frozen, basis, day, run, today: undefined };
}
