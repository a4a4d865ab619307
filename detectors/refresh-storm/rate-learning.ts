/** The rate of an agent's refreshes, learned a day at a time, so slowly that nobody can walk it up. */
import type { Rate } from "./columns.ts";

/** The largest step of the learned rate a day, and the largest multiple of the first week's that it may reach. */
const CLIP = 1.25;
const ANCHOR = 2;
const ANCHOR_DAYS = 7;
/** Share of a day in the learned rate. */
const STEP = 0.1;
/** Refreshes a minute. Rates below twelve an hour are not told apart: the start of a few instances at once is no storm. */
const FLOOR = 0.2;

/** Learns from the day in hand if another one (days since 1970) has begun. */
export function turnDay(rate: Rate, day: number): void {
  if (rate.day === 0) rate.day = day;
  if (day === rate.day) return;
  // The agent was first seen in the middle of a day: what came of it is no rate.
  if (rate.days >= 0) learnDay(rate, Math.max(FLOOR, rate.dayCount / 1440));
  rate.days++;
  rate.day = day;
  rate.dayCount = 0;
}

function learnDay(rate: Rate, seen: number): void {
  if (rate.days === 0) rate.mean = seen;
  else rate.mean = Math.max(FLOOR, (1 - STEP) * rate.mean + STEP * Math.min(seen, CLIP * rate.mean));
  if (rate.days < ANCHOR_DAYS) rate.anchor = rate.mean;
  rate.mean = Math.min(rate.mean, ANCHOR * rate.anchor);
}
