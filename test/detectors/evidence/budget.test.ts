import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packed } from "../../../detectors/evidence/conformal.ts";
import {
  BUDGET,
  CALIBRATION,
  enter,
  JUDGED,
  LEARNING,
  newDaySessions,
  turnDay,
  unjudgedShare,
} from "../../../detectors/evidence/day-sessions.ts";
import {
  HIGHEST_RATE,
  isCalibrated,
  LOWEST_THRESHOLD,
  thresholdsOf,
} from "../../../detectors/evidence/limits.ts";
import { addSession, gainOf, largestGain, MAX_NAMED, newRun } from "../../../detectors/evidence/run.ts";

/** So many scores, of trust units in turn. */
const scores = (count: number, units: number) =>
  Int32Array.from({ length: count }, (_, at) => packed(at, at % units))
    .sort()
    .reverse();

describe("a budget of false alerts", () => {
  it("is never overspent, however many sessions there are, from whichever trust units", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 512 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.double({ min: 0.001, max: 100, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 300 }),
        (count, units, expected, budget, sessions) => {
          const today = thresholdsOf(scores(count, units), expected, budget);
          const day = newDaySessions();
          for (const unit of sessions) enter(day, false, today, unit);
          const forSessions = day.judged * today.cost;
          const forRuns = today.sessions / today.runLength;
          expect(forSessions).toBeLessThanOrEqual(0.9 * budget + 1e-9);
          expect(forRuns).toBeLessThanOrEqual(0.1 * budget + 1e-9);
        },
      ),
    );
  });

  it("promises each tier no less than the scores can tell, and all tiers together what a session costs", () => {
    const { rates, cost } = thresholdsOf(scores(512, 4), 20, 1);
    expect([...rates].map((rate) => Number(rate.toFixed(4)))).toEqual([0.0075, 0.015, 0.0225]);
    expect(cost).toBeCloseTo(0.9 * HIGHEST_RATE);
    expect([...thresholdsOf(scores(60, 4), 20, 1).rates].map((rate) => Number(rate.toFixed(4)))).toEqual([
      0.045, 0.045, 0.045,
    ]);
  });

  it("has no threshold below the lowest, however calm an agent is", () => {
    const calm = scores(512, 4).map((score) => score - packed(9000, 0));
    expect([...thresholdsOf(calm, 20, 1).thresholds]).toEqual([
      LOWEST_THRESHOLD,
      LOWEST_THRESHOLD,
      LOWEST_THRESHOLD,
    ]);
    expect(Math.min(...thresholdsOf(scores(512, 4), 20, 1).thresholds)).toBeGreaterThan(LOWEST_THRESHOLD);
  });

  it("promises nothing before there are enough scores", () => {
    expect([isCalibrated(scores(18, 1)), isCalibrated(scores(19, 1))]).toEqual([false, true]);
    expect(thresholdsOf(scores(18, 1), 20, 1).sessions).toBe(0);
    expect(thresholdsOf(scores(19, 1), 20, 1).sessions).toBeGreaterThan(0);
  });
});

describe("a day's sessions", () => {
  const today = thresholdsOf(scores(512, 4), 20, 1);

  it("are judged until the budget is spent, and counted when it is", () => {
    const day = newDaySessions();
    const standings = Array.from({ length: 40 }, (_, at) => enter(day, false, today, at % 4));
    expect(standings.filter((one) => one === JUDGED)).toHaveLength(today.sessions);
    expect(standings.at(-1)).toBe(BUDGET);
    expect(unjudgedShare(day)).toBeCloseTo(1 - today.sessions / 40);
    turnDay(day, false);
    expect(enter(day, false, today, 0)).toBe(JUDGED);
    expect(day.expected).toBe(40);
  });

  it("raise the forecast by at most a quarter a day, however many there are", () => {
    const day = { ...newDaySessions(), expected: 20 };
    const flood = () => {
      day.begun = 10_000;
      turnDay(day, true);
      return day.expected;
    };
    expect([flood(), flood()]).toEqual([25, 31.25]);
    const tightened = thresholdsOf(scores(512, 4), day.expected, 1).rates[0] ?? 0;
    expect(tightened).toBeGreaterThan((thresholdsOf(scores(512, 4), 20, 1).rates[0] ?? 0) / 2);
  });

  it("are forecast again within three weeks where an agent has grown a hundredfold, and at once where it has doubled", () => {
    const daysTo = (sessions: number) => {
      const today = { ...newDaySessions(), expected: 20 };
      for (let day = 1; ; day++) {
        today.begun = sessions;
        turnDay(today, true);
        if (today.expected > sessions * 0.75) return day;
      }
    };
    expect(daysTo(2000)).toBeLessThanOrEqual(21);
    expect(daysTo(40)).toBeLessThanOrEqual(3);
  });

  it("are forecast as they come before anything is promised", () => {
    const day = newDaySessions();
    for (const begun of [10, 500]) {
      day.begun = begun;
      turnDay(day, false);
    }
    expect(day.expected).toBe(132.5);
  });

  it("of one trust unit leave a quarter of the budget to the others", () => {
    const day = newDaySessions();
    for (let at = 0; at < 1000; at++) enter(day, false, today, 1);
    expect(day.judged).toBe(Math.ceil(today.sessions * 0.75));
    expect([enter(day, false, today, 1), enter(day, false, today, 2)]).toEqual([BUDGET, JUDGED]);
  });

  it("are beyond a budget that is smaller than what one session costs", () => {
    expect(enter(newDaySessions(), false, thresholdsOf(scores(19, 1), 20, 0.01), 0)).toBe(BUDGET);
  });

  it("are not judged while too much is new, or too few scores are known", () => {
    const day = newDaySessions();
    expect(enter(day, true, today, 0)).toBe(LEARNING);
    expect(enter(day, false, thresholdsOf(scores(5, 1), 20, 1), 0)).toBe(CALIBRATION);
    expect([day.judged, unjudgedShare(day), unjudgedShare(day, LEARNING)]).toEqual([0, 1, 0.5]);
  });
});

describe("a run of sessions", () => {
  it("expects nothing of clean sessions: the mean of e is at most 1", () => {
    const n = 400;
    let mean = 0;
    for (let rank = 1; rank <= n; rank++) mean += Math.exp(gainOf(rank / n)) / n;
    expect(mean).toBeLessThanOrEqual(1);
    expect(mean).toBeGreaterThan(0.8);
  });

  it("grows with unlikely sessions, names the newest, and begins anew after enough usual ones", () => {
    const run = newRun();
    for (let at = 0; at < 20; at++) addSession(run, gainOf(0.05), `s-${at}`);
    expect(run.sum).toBeGreaterThan(10);
    expect([run.sessions, run.names.length, run.names[0]]).toEqual([20, MAX_NAMED, "s-4"]);
    for (let at = 0; at < 60; at++) addSession(run, gainOf(1), "usual");
    expect(run).toEqual(newRun());
  });

  it("grows by one session no more than the scores can tell", () => {
    expect(gainOf(1 / 513)).toBe(largestGain(512));
    expect(largestGain(512)).toBeLessThan(Math.log(1000));
  });
});
