import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  COST_OF_LEAVING_OUT,
  isOfOne,
  lowestRate,
  NEVER,
  packed,
  pValue,
  threshold,
} from "../../../detectors/evidence/conformal.ts";
import { addScore, MAX_SCORES, newReservoir, ranked } from "../../../detectors/evidence/reservoir.ts";

/** A score in thousandths of a point, and the number of its trust unit. */
type Scored = readonly [points: number, unit: number];
const rankedOf = (scores: readonly Scored[]) =>
  Int32Array.from(scores, ([points, unit]) => packed(points, unit))
    .sort()
    .reverse();

const points = fc.integer({ min: -9000, max: 9000 });
const scored = (units: number) => fc.tuple(points, fc.integer({ min: 0, max: units - 1 }));
const rates = fc.double({ min: 0.001, max: 0.3, noNaN: true });
const among = (units: number, most = 200) => fc.array(scored(units), { maxLength: most });

describe("a threshold", () => {
  it("is what scores above it have a p-value of at most the rate", () => {
    fc.assert(
      fc.property(among(4), rates, points, (scores, rate, one) => {
        const all = rankedOf(scores);
        // Within a rounding of the rate either may be said.
        if (Math.abs(pValue(all, one) - rate) < 1e-6) return;
        expect(one > threshold(all, rate)).toBe(pValue(all, one) <= rate);
      }),
    );
  });

  it("is never if there are too few scores, and is there as soon as the rate can be promised", () => {
    fc.assert(
      fc.property(among(5), rates, (scores, rate) => {
        const all = rankedOf(scores);
        if (Math.abs(rate - lowestRate(all)) < 1e-6) return;
        if (rate > lowestRate(all)) expect(threshold(all, rate)).toBeLessThan(NEVER);
        if (isOfOne(all) && rate < lowestRate(all)) expect(threshold(all, rate)).toBe(NEVER);
      }),
    );
  });

  it("is not raised by whatever one trust unit adds, as long as that is not most of the scores", () => {
    fc.assert(
      fc.property(among(4), fc.array(points, { maxLength: 200 }), rates, (honest, added, rate) => {
        fc.pre(added.length > 0 && added.length <= honest.length + 1 && honest.length > 0);
        const poisoned = [...honest, ...added.map((one): Scored => [one, 99])];
        const alone = rankedOf(honest.map(([one]): Scored => [one, 0]));
        expect(threshold(rankedOf(poisoned), rate)).toBeLessThanOrEqual(
          threshold(alone, rate / COST_OF_LEAVING_OUT),
        );
      }),
    );
  });
});

describe("a p-value", () => {
  it("is that of the scores themselves where there is one trust unit", () => {
    const all = rankedOf(Array.from({ length: 99 }, (_, at) => [at, 3]));
    expect([pValue(all, 99), pValue(all, 98), pValue(all, 0)]).toEqual([0.01, 0.02, 1]);
    expect(lowestRate(all)).toBe(0.01);
  });

  it("pays for leaving out the unit that makes a score look most usual", () => {
    const all = rankedOf(Array.from({ length: 100 }, (_, at) => [at, at % 2]));
    expect(pValue(all, 100)).toBeCloseTo(1.4 / 51);
    expect(lowestRate(all)).toBeCloseTo(1.4 / 51);
  });
});

describe("the scores of an agent", () => {
  const filled = (units: readonly number[]) => {
    const reservoir = newReservoir();
    for (const [at, unit] of units.entries()) addScore(reservoir, at, unit);
    return reservoir;
  };
  const sharesOf = (units: readonly number[]) => {
    const shares = new Map<number, number>();
    for (const score of ranked(filled(units))) shares.set(score & 127, (shares.get(score & 127) ?? 0) + 1);
    return shares;
  };

  it("are the newest, and no more than there is room for", () => {
    const reservoir = filled(Array.from({ length: 2 * MAX_SCORES }, () => 7));
    expect(reservoir.count).toBe(MAX_SCORES);
    expect([ranked(reservoir)[0], ranked(reservoir).at(-1)]).toEqual([
      packed(2 * MAX_SCORES - 1, 7),
      packed(MAX_SCORES, 7),
    ]);
  });

  it("are never mostly those of one trust unit that floods, once others have twenty", () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 1, max: 2000 }), (honest, flood) => {
        const shares = sharesOf([
          ...Array.from({ length: honest }, (_, at) => at % 3),
          ...Array.from({ length: flood }, () => 9),
        ]);
        expect((shares.get(0) ?? 0) + (shares.get(1) ?? 0) + (shares.get(2) ?? 0)).toBe(honest);
        expect(shares.get(9)).toBeLessThanOrEqual(honest + 1);
      }),
    );
  });

  it("come from all trust units alike when there is no more room", () => {
    const shares = sharesOf([
      ...Array.from({ length: MAX_SCORES }, (_, at) => at % 2),
      ...Array.from({ length: 300 }, () => 2),
    ]);
    expect(Math.max(...shares.values()) - Math.min(...shares.values())).toBeLessThanOrEqual(2);
  });
});
