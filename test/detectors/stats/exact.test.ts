import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exp, ln, log2 } from "../../../detectors/stats/exact.ts";

/** How far apart two numbers are, relative to the larger where that is above 1. */
const distance = (one: number, other: number) => Math.abs(one - other) / Math.max(1, Math.abs(other));
const positive = fc.oneof(
  fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
  fc.double({ min: 0.5, max: 2, noNaN: true }),
  fc.integer({ min: 1, max: 1_000_000 }),
);

describe("exact logarithms", () => {
  it("lie within 1e-12 of the engine's", () => {
    fc.assert(
      fc.property(positive, (value) => {
        expect(distance(ln(value), Math.log(value))).toBeLessThan(1e-12);
        expect(distance(log2(value), Math.log2(value))).toBeLessThan(1e-12);
      }),
      { numRuns: 2000 },
    );
  });

  it("are exact where they are whole", () => {
    expect(ln(1)).toBe(0);
    expect(log2(1024)).toBe(10);
    expect(log2(0.25)).toBe(-2);
  });

  it("never fall when their argument grows", () => {
    for (let value = 0.5; value < 4; value += 0.0007) expect(ln(value + 0.0007)).toBeGreaterThan(ln(value));
  });
});

describe("exact exponentials", () => {
  it("lie within 1e-12 of the engine's, relative to their size", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (value) => {
        expect(Math.abs(exp(value) / Math.exp(value) - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 2000 },
    );
  });

  it("undo logarithms", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-200, max: 1e200, noNaN: true }), (value) => {
        expect(Math.abs(exp(ln(value)) / value - 1)).toBeLessThan(1e-12);
      }),
    );
    expect(exp(0)).toBe(1);
  });
});
