import { describe, expect, it } from "vitest";
import {
  FAILED,
  NEW_CODE,
  NEW_PARTY,
  NEW_TEXT,
  OUTPUT_SHARE,
  SURPRISE,
  TERMS,
} from "../../../detectors/evidence/term.ts";
import { type Example, fitWeights } from "../../../services/replay/evaluate/fit.ts";
import { seeded } from "../../../services/replay/evaluate/seeded.ts";

function call(values: Readonly<Record<number, number>>): Float64Array {
  return Float64Array.from(TERMS, (_, at) => values[at] ?? 0);
}

/** Sessions in which a new party tells attacks, surprise tells nothing, and failing speaks against its sign. */
function examples(): Example[] {
  const chance = seeded(5);
  return Array.from({ length: 400 }, (_, at) => {
    const isAttack = at % 4 === 0;
    const noise = () => call({ [SURPRISE]: chance() * 4, [NEW_PARTY]: chance() < 0.1 ? 2 : 0 });
    const malicious = call({ [SURPRISE]: chance() * 4, [NEW_PARTY]: 3, [FAILED]: 1, [OUTPUT_SHARE]: 1 });
    return { isAttack, calls: isAttack ? [malicious] : [noise(), noise(), noise()] };
  });
}

describe("a fit", () => {
  const { bias, terms } = fitWeights(examples(), false);

  it("finds what tells attacks from benign sessions", () => {
    const odds = (values: Readonly<Record<number, number>>) =>
      call(values).reduce((sum, value, at) => sum + value * (terms[at] ?? 0), bias);
    expect(odds({ [NEW_PARTY]: 3, [FAILED]: 1, [SURPRISE]: 2 })).toBeGreaterThan(0);
    expect(odds({ [NEW_PARTY]: 0, [SURPRISE]: 2 })).toBeLessThan(-2);
    expect(terms[NEW_PARTY]).toBeGreaterThan(10 * (terms[SURPRISE] ?? 0));
  });

  it("never turns a term round, and uses no provenance that is not there", () => {
    expect(terms[FAILED]).toBe(0);
    expect(terms[OUTPUT_SHARE]).toBe(0);
    for (const [at, { sign }] of TERMS.entries()) expect((terms[at] ?? 0) * sign).toBeGreaterThanOrEqual(0);
  });

  it("weighs new wording, which no attack showed, like a new party, and a new code by itself", () => {
    expect(terms[NEW_TEXT]).toBe(terms[NEW_PARTY]);
    expect(terms[NEW_CODE]).toBe(0);
  });

  it("uses provenance where it is there", () => {
    expect(fitWeights(examples(), true).terms[OUTPUT_SHARE]).toBeGreaterThan(0);
  });

  it("is the same each time", () => {
    expect(fitWeights(examples(), false)).toEqual({ bias, terms });
  });
});
