import { describe, expect, it } from "vitest";
import { distributionOf, rocOf } from "../../../services/replay/evaluate/curves.ts";
import type { Judged } from "../../../services/replay/evaluate/measure.ts";
import type { Label } from "../../../services/replay/evaluate/trail.ts";

const judged = (label: Label, score: number): Judged => ({
  trail: {
    id: "s",
    agent: "a",
    workflow: undefined,
    version: undefined,
    trustUnit: undefined,
    calls: 1,
    rises: score < -500 ? [] : [{ call: 0, score }],
  },
  truth: { label, commit: undefined, malicious: [], goal: undefined },
});

describe("the curves of an evaluation", () => {
  it("run from no alerts to all, and catch more as more alert", () => {
    const sessions = Array.from({ length: 1000 }, (_, at) =>
      judged(at % 2 === 0 ? "benign" : "executed", (at % 2) * 2 + (at % 7)),
    );
    const roc = rocOf(sessions);
    expect(roc[0]).toMatchObject({ fpr: 0, tpr: 0 });
    for (const [at, { fpr, tpr }] of roc.entries()) {
      expect(fpr).toBeGreaterThanOrEqual(roc[at - 1]?.fpr ?? 0);
      expect(tpr).toBeGreaterThanOrEqual(fpr);
    }
    expect(rocOf(sessions.filter(({ truth }) => truth.label === "benign"))).toEqual([]);
  });

  it("hold every session in one bin, those without calls in the first", () => {
    const bins = distributionOf([judged("benign", -1000), judged("executed", 1.2), judged("resisted", 1.4)]);
    expect(bins[0]).toMatchObject({ from: -15, benign: 1, attack: 0 });
    expect(bins.at(-1)).toEqual({ from: 1, to: 1.5, benign: 0, attack: 1, resisted: 1 });
    expect(distributionOf([])).toEqual([]);
  });

  it("can be drawn of very many sessions", () => {
    const many = Array.from({ length: 200_000 }, (_, at) => judged("benign", at / 1e5));
    expect(distributionOf(many).reduce((sum, { benign }) => sum + benign, 0)).toBe(200_000);
  });
});
