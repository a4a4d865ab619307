import { expect, it } from "vitest";
import { random } from "../../services/simulator/random.ts";
import { nextStart, type Rhythm } from "../../services/simulator/rhythm.ts";

const MONDAY_MS = Date.parse("2026-03-02T00:00:00Z");
const DAY_MS = 86_400_000;

function starts(rhythm: Rhythm, days: number): Date[] {
  const own = random(1, "rhythm");
  const found: Date[] = [];
  for (
    let atMs = nextStart(rhythm, own, MONDAY_MS);
    atMs < MONDAY_MS + days * DAY_MS;
    atMs = nextStart(rhythm, own, atMs)
  )
    found.push(new Date(atMs));
  return found;
}

it("keeps office hours and rests at the weekend", () => {
  const found = starts({ kind: "office", sessionsPerDay: 40 }, 28);
  const isWeekend = (date: Date) => date.getUTCDay() % 6 === 0;
  const working = found.filter((date) => !isWeekend(date));
  expect(working.length).toBeGreaterThan(0.85 * 20 * 40);
  expect(working.length).toBeLessThan(1.15 * 20 * 40);
  expect(found.filter(isWeekend).length).toBeLessThan(0.03 * found.length);
  expect(found.every((date) => date.getUTCHours() >= 6 && date.getUTCHours() < 20)).toBe(true);
});

it("works around the clock with a quieter night", () => {
  const found = starts({ kind: "always", sessionsPerDay: 40 }, 28);
  const inHours = (from: number, to: number) =>
    found.filter((date) => date.getUTCHours() >= from && date.getUTCHours() < to).length;
  expect(inHours(0, 6)).toBeGreaterThan(0);
  expect(inHours(9, 15)).toBeGreaterThan(2 * inHours(0, 6));
});

it("starts by the timetable, a few seconds late", () => {
  const found = starts({ kind: "cron", everyMinutes: 40 }, 1);
  // 36 periods in a day, the first of them already under way.
  expect(found.length).toBe(35);
  for (const date of found) {
    const lateMs = date.getTime() % (40 * 60_000);
    expect(lateMs).toBeGreaterThanOrEqual(500);
    expect(lateMs).toBeLessThan(5000);
  }
});
