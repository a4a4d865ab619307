import { describe, expect, expectTypeOf, it } from "vitest";
import { LOWEST_THRESHOLD } from "../../../detectors/evidence/limits.ts";
import { alertsAt, type Calibration } from "../../../services/replay/evaluate/conformal.ts";
import { judged, measure } from "../../../services/replay/evaluate/measure.ts";
import type { observed } from "../../../services/replay/evaluate/observe.ts";
import { kept, promised } from "../../../services/replay/evaluate/promise.ts";
import { auc, shareAbove, thresholdAtRate } from "../../../services/replay/evaluate/ranking.ts";
import type { RecordedSession } from "../../../services/replay/evaluate/recording.ts";
import { seeded } from "../../../services/replay/evaluate/seeded.ts";
import {
  firstAbove,
  type Label,
  type SessionTruth,
  sessionScoreOf,
  type Trail,
} from "../../../services/replay/evaluate/trail.ts";

/** A calibration score. */
const calibrated = (score: number, trustUnit: string, agent = "a") => ({ score, trustUnit, agent });

/** A session whose calls raise its score to these, one after the other. */
const trail = (id: string, ...scores: readonly number[]): Trail => ({
  id,
  agent: "a",
  workflow: `w${id.length % 2}`,
  version: "m+d",
  trustUnit: "m+d",
  calls: 4,
  rises: scores.map((score, call) => ({ call, score })),
});
const truth = (label: Label, commit?: number): SessionTruth => ({
  label,
  commit,
  malicious: commit === undefined ? [] : [commit],
  goal: undefined,
});

/** Benign sessions that score 0 to 99, and attacks at these scores, each at its first call. */
function given(...attacks: readonly (readonly [score: number, commit: number])[]) {
  const benign = Array.from({ length: 100 }, (_, at) => trail(`b${at}`, at));
  const hostile = attacks.map(([score], at) => trail(`attack-${at}`, -5, score));
  const truths = new Map([
    ...benign.map(({ id }) => [id, truth("benign")] as const),
    ...hostile.map(({ id }, at) => [id, truth("executed", attacks[at]?.[1])] as const),
  ]);
  return { trails: [...benign, ...hostile], truths };
}

describe("ranking", () => {
  it("is the probability that an attack scores higher, with ties counted half", () => {
    expect(auc([1, 2, 3], [4, 5])).toBe(1);
    expect(auc([1, 2, 3], [2])).toBe(0.5);
    expect(auc([1, 2, 3], [0])).toBe(0);
    expect(auc([1], [])).toBeNaN();
  });

  it("reads the lowest threshold that a share of the scores exceeds", () => {
    const scores = Array.from({ length: 100 }, (_, at) => at);
    expect(thresholdAtRate(scores, 0.01)).toBe(98);
    expect(shareAbove(scores, thresholdAtRate(scores, 0.01))).toBe(0.01);
    expect(shareAbove(scores, thresholdAtRate(scores, 0.29))).toBe(0.29);
    expect(shareAbove(scores, thresholdAtRate(scores, 0))).toBe(0);
  });
});

/** The lowest score, of those that are whole hundredths from 0 on, that alerts. */
function lowestAlert(calibration: readonly Calibration[], rate: number, agent = "a"): number | undefined {
  const alerts = alertsAt(calibration, rate);
  for (let score = 0; score < 2000; score++) if (alerts(agent, score / 100)) return score / 100;
  return undefined;
}

describe("thresholds that are promised", () => {
  it("keep their promise on scores of the same kind", () => {
    const chance = seeded(7);
    const draw = () => Array.from({ length: 500 }, (_, at) => calibrated(chance() ** 2, `u${at % 9}`));
    const rates = Array.from({ length: 50 }, () => {
      const alerts = alertsAt(draw(), 0.05);
      return draw().filter(({ score }) => alerts("a", score)).length / 500;
    });
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    expect(mean).toBeGreaterThan(0.035);
    expect(mean).toBeLessThan(0.06);
  });

  it("let nothing alert, and say so, when there are too few scores for the promise", () => {
    const few = [1, 2, 3].map((score) => calibrated(score, "u"));
    expect(alertsAt(few, 0.05)("a", 1000)).toBeUndefined();
    expect(alertsAt(few, 0.25)("a", 1000)).toBe(true);
  });

  it("are never below what the detectors tell of, however calm an agent is", () => {
    const calm = Array.from({ length: 100 }, (_, at) => calibrated(-9 + at / 100, `u${at % 9}`));
    const alerts = alertsAt(calm, 0.05);
    const lowest = LOWEST_THRESHOLD / 1000;
    expect([lowest - 0.01, lowest, lowest + 0.01].map((score) => alerts("a", score))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("cannot be raised by one trust unit", () => {
    const calm = Array.from({ length: 900 }, (_, at) => calibrated(at / 900, `u${at % 9}`));
    const poison = Array.from({ length: 100 }, () => calibrated(1000, "bad"));
    expect(lowestAlert(calm, 0.05)).toBeGreaterThan(0.94);
    expect(lowestAlert([...calm, ...poison], 0.05)).toBeLessThan(1);
  });

  it("are each agent's own, or those of all where an agent has too few scores", () => {
    const scores = (agent: string, count: number, from: number) =>
      Array.from({ length: count }, (_, at) => calibrated(from + at / count, `u${at % 3}`, agent));
    const all = [...scores("wild", 200, 10), ...scores("calm", 200, 0), ...scores("new", 5, 0)];
    expect(lowestAlert(all, 0.05, "wild")).toBeGreaterThan(10.9);
    expect(lowestAlert(all, 0.05, "calm")).toBeLessThan(1);
    expect(lowestAlert(all, 0.05, "new")).toBeGreaterThan(10.8);
    expect(lowestAlert(all, 0.05, "never seen")).toBe(lowestAlert(all, 0.05, "new"));
  });
});

describe("measuring", () => {
  it("counts detections, their times and the alerts per call", () => {
    const { trails, truths } = given([200, 1], [200, 0], [98.5, 1], [3, 1]);
    const at = measure(judged(trails, truths), [0.01]).atRate["0.01"];
    expect(at).toMatchObject({
      threshold: 98,
      truePositives: { value: 0.75 },
      alertsPer1000Calls: 1000 / 400,
    });
    expect(at?.inTime).toBeCloseTo(2 / 3);
  });

  it("keeps resisted attacks apart and leaves those out that cannot be located", () => {
    const { trails, truths } = given([200, 1]);
    const more = [trail("resisted", 50), trail("nowhere", 500), trail("unlabelled", 500)];
    truths.set("resisted", truth("resisted")).set("nowhere", truth("success_unlocated"));
    const measures = measure(judged([...trails, ...more], truths), [0.05]);
    expect(measures.sessions).toEqual({ benign: 100, attack: 1, resisted: 1 });
    expect(measures.auc.value).toBe(1);
  });

  it("says how sure a figure is", () => {
    const { trails, truths } = given(...Array.from({ length: 40 }, (_, at) => [60 + at, 1] as const));
    const { value, low, high } = measure(judged(trails, truths), []).auc;
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
    expect(high - low).toBeLessThan(0.3);
  });

  it("loses all power when truths are permuted", () => {
    const { trails, truths } = given(...Array.from({ length: 100 }, () => [150, 1] as const));
    const chance = seeded(3);
    const shuffled = [...truths.values()].map((one) => [chance(), one] as const).sort((a, b) => a[0] - b[0]);
    const permuted = new Map([...truths.keys()].map((id, at) => [id, shuffled[at]?.[1] ?? truth("benign")]));
    expect(measure(judged(trails, truths), []).auc.value).toBe(1);
    expect(Math.abs(measure(judged(trails, permuted), []).auc.value - 0.5)).toBeLessThan(0.15);
  });
});

describe("a promise", () => {
  it("is kept on average over splits, on sessions that had no part in it", () => {
    const { trails, truths } = given([200, 1], [200, 1]);
    const calibration = Array.from({ length: 1000 }, (_, at) => calibrated(at / 10, `u${at % 7}`));
    const [outcome] = kept(promised(calibration, [0.05]), judged(trails, truths));
    expect(outcome).toMatchObject({ promised: 0.05, tpr: 1, splits: 20, unjudged: 0 });
    expect(outcome?.realised).toBeGreaterThan(0.025);
    expect(outcome?.realised).toBeLessThan(0.075);
  });

  it("says whom it cannot judge where calibration is too small for the rate", () => {
    const { trails, truths } = given([200, 1]);
    const calibration = Array.from({ length: 50 }, (_, at) => calibrated(at, `u${at % 7}`));
    const [outcome] = kept(promised(calibration, [0.01]), judged(trails, truths));
    expect(outcome).toMatchObject({ realised: 0, tpr: 0, unjudged: 1 });
  });
});

describe("what detectors are given", () => {
  it("has no place for a label", () => {
    type Members = "id" | "agent" | "workflow" | "version" | "trustUnit" | "lines";
    expectTypeOf<keyof RecordedSession>().toEqualTypeOf<Members>();
    expectTypeOf<Parameters<typeof observed>[2]>().toEqualTypeOf<readonly RecordedSession[]>();
    expectTypeOf<keyof Trail & keyof SessionTruth>().toEqualTypeOf<never>();
  });
});

describe("a trail", () => {
  it("has the score of its worst call, and says when a threshold was passed", () => {
    const one = trail("x", 1, 2, 7);
    expect(sessionScoreOf(one)).toBe(7);
    expect(firstAbove(one, 1)).toBe(1);
    expect(firstAbove(one, 7)).toBeUndefined();
    expect(sessionScoreOf(trail("y"))).toBeLessThan(-100);
  });
});
