/** When agents work: by the hours of an office, around the clock with a quiet night, or by a timetable. */
import type { Random } from "./random.ts";

/** `sessionsPerDay` is for one instance on a working day. */
export type Rhythm =
  | { readonly kind: "office" | "always"; readonly sessionsPerDay: number }
  | { readonly kind: "cron"; readonly everyMinutes: number };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday. */
const THURSDAY = 4;

/** Share of the busiest hour, by hour of the day in UTC. */
const HOURS = {
  office: [0, 0, 0, 0, 0, 0, 0.1, 0.4, 0.9, 1, 1, 0.9, 0.6, 0.8, 1, 1, 0.8, 0.4, 0.15, 0.05, 0, 0, 0, 0],
  always: [
    0.3, 0.25, 0.2, 0.2, 0.2, 0.25, 0.4, 0.6, 0.8, 0.9, 1, 1, 0.9, 0.9, 1, 1, 0.9, 0.8, 0.8, 0.7, 0.6, 0.5,
    0.4, 0.35,
  ],
} as const;
const WEEKEND = { office: 0.02, always: 0.6 } as const;

/** When an instance that is free since `afterMs` (ms since 1970) starts its next session. Always later. */
export function nextStart(rhythm: Rhythm, random: Random, afterMs: number): number {
  if (rhythm.kind === "cron") return nextTick(rhythm.everyMinutes * MINUTE_MS, random, afterMs);
  const hours: readonly number[] = HOURS[rhythm.kind];
  const peakGapMs = (HOUR_MS * hours.reduce((sum, hour) => sum + hour)) / rhythm.sessionsPerDay;
  let atMs = afterMs + 1;
  // Thinning (Lewis and Shedler 1979): arrivals at the peak rate, each kept with the share of its hour.
  do atMs += random.exponential(peakGapMs);
  while (!random.chance(share(rhythm.kind, atMs)));
  return Math.floor(atMs);
}

function share(kind: "office" | "always", atMs: number): number {
  const day = (Math.floor(atMs / DAY_MS) + THURSDAY) % 7;
  const hour = Math.floor((atMs % DAY_MS) / HOUR_MS);
  return (HOURS[kind][hour] ?? 0) * (day === 0 || day === 6 ? WEEKEND[kind] : 1);
}

/** The next full period, and the seconds that a scheduler takes to get a job going. */
function nextTick(periodMs: number, random: Random, afterMs: number): number {
  return (Math.floor(afterMs / periodMs) + 1) * periodMs + 500 + random.below(4000);
}
