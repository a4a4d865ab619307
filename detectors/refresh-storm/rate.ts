/** R3: more refreshes a minute than the agent ever made. Minutes of a day are judged by the rate of the days before. */

import type { EventView } from "../../schemas/event-view.ts";
import { counted } from "../counted.ts";
import type { Out } from "../detector.ts";
import { exp, ln } from "../stats/exact.ts";
import { MULTIPLIERS, type Rate } from "./columns.ts";
import { turnDay } from "./rate-learning.ts";
import type { RefreshStormSettings } from "./settings.ts";

const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1440;
/** Lower bound of the dispersion of the negative binomial; 1 allows bursts as heavy as geometric. */
const DISPERSION = 1;

/** Closes the minutes that have passed, counts this refresh, and judges the minute in hand. */
export function judgeRate(rate: Rate, event: EventView, settings: RefreshStormSettings, out: Out): void {
  const minute = Math.floor(event.time / MINUTE_MS);
  passMinutes(rate, minute);
  turnDay(rate, Math.floor(minute / MINUTES_A_DAY));
  rate.count++;
  rate.dayCount++;
  if (rate.days <= 0 || event.time < rate.quietUntil) return;
  if (!isStorm(rate, ln(settings.falseAlarmEvery))) return;
  rate.quietUntil = event.time + settings.quietMs;
  rate.evidence.fill(0);
  tell(rate, settings, out);
}

/** Whether the evidence reaches the alarm. The minute in hand counts as it stands, so that a storm need not wait for its end. */
function isStorm(rate: Rate, alarm: number): boolean {
  const { evidence, count } = rate;
  let largest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < evidence.length; at++)
    largest = Math.max(largest, Math.max(evidence[at] ?? 0, 0) + gain(rate, at, count));
  // The mean of likelihood ratios is never more than the largest.
  if (largest < alarm) return false;
  return mixture(evidence.map((value, at) => Math.max(value, 0) + gain(rate, at, count))) >= alarm;
}

function tell({ count, mean, days }: Rate, settings: RefreshStormSettings, out: Out): void {
  out.finding({
    kind: "refresh-rate",
    summary: `${count} refreshes in this minute: the agent refreshes more often, or for longer, than it ever did.`,
    expected: `At most ${mean.toFixed(2)} a minute on average, by ${counted(days, "day")} of history.`,
    rarity: `at most one false alarm in ${settings.falseAlarmEvery} minutes`,
    evidence: { refreshesThisMinute: count, learnedPerMinute: Number(mean.toFixed(4)), days },
  });
}

function passMinutes(rate: Rate, minute: number): void {
  if (rate.minute === 0) rate.minute = minute;
  if (minute <= rate.minute) return;
  closeMinute(rate);
  skipMinutes(rate, minute - rate.minute - 1);
  rate.minute = minute;
  rate.count = 0;
}

/** Log likelihood ratio of a minute with `count` refreshes: the rate times a multiplier, against the rate. */
function gain({ mean }: Rate, at: number, count: number): number {
  if (weights.mean !== mean) weigh(mean);
  return count * (weights.each[at] ?? 0) + DISPERSION * (weights.flat[at] ?? 0);
}

/** The logarithms that a rate's gains are made of; most agents have the same lowest rate, so they are kept for the last. */
const weights = { mean: Number.NaN, each: MULTIPLIERS.map(() => 0), flat: MULTIPLIERS.map(() => 0) };

function weigh(mean: number): void {
  weights.mean = mean;
  MULTIPLIERS.forEach((m, at) => {
    const ratio = (DISPERSION + mean) / (DISPERSION + m * mean);
    weights.each[at] = ln(m * ratio);
    weights.flat[at] = ln(ratio);
  });
}

/** Logarithm of the mean of the likelihood ratios. */
function mixture(evidence: readonly number[]): number {
  const largest = Math.max(...evidence);
  const sum = evidence.reduce((total, value) => total + exp(Math.max(-700, value - largest)), 0);
  return largest + ln(sum / evidence.length);
}

function closeMinute(rate: Rate): void {
  if (rate.days <= 0) return;
  for (let at = 0; at < rate.evidence.length; at++)
    rate.evidence[at] = Math.max(rate.evidence[at] ?? 0, 0) + gain(rate, at, rate.count);
}

/** Empty minutes only lower the evidence, so any number of them is one step. */
function skipMinutes(rate: Rate, minutes: number): void {
  if (rate.days <= 0 || minutes <= 0) return;
  for (let at = 0; at < rate.evidence.length; at++)
    rate.evidence[at] = Math.max(0, (rate.evidence[at] ?? 0) + minutes * gain(rate, at, 0));
}
