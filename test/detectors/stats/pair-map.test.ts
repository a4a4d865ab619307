import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PairMap } from "../../../detectors/stats/pair-map.ts";

// Few different homes, so that runs of neighbours are long and wrap around.
const low = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: 12, max: 18 }),
  fc.constantFrom(-2_147_483_648, 2_147_483_647, 15 + 16 * 7),
);
const key = fc.tuple(low, fc.integer({ min: -1, max: 1 }));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("set"), key, value: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("delete"), key, value: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear"), key, value: fc.constant(0) }) },
);

describe("a map from pairs", () => {
  it("does what a Map does", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [map, model] = [new PairMap<number>(), new Map<string, number>()];
        for (const { kind, key, value } of steps) {
          const [low, high] = key;
          if (kind === "set") map.set(low, high, value);
          else if (kind === "delete") map.delete(low, high);
          else map.clear();
          if (kind === "set") model.set(key.join(), value);
          else if (kind === "delete") model.delete(key.join());
          else model.clear();
          expect(map.get(low, high)).toBe(model.get(key.join()));
          expect(map.size).toBe(model.size);
        }
        for (const [text, value] of model)
          expect(map.get(...(text.split(",").map(Number) as [number, number]))).toBe(value);
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
      }),
      { numRuns: 300 },
    );
  });

  it("holds many, and forgets them all", () => {
    const map = new PairMap<number>();
    for (let i = 0; i < 10_000; i++) map.set(Math.imul(i, 0x9e3779b1), i, i);
    for (let i = 0; i < 10_000; i += 2) map.delete(Math.imul(i, 0x9e3779b1), i);
    for (let i = 0; i < 10_000; i++)
      expect(map.get(Math.imul(i, 0x9e3779b1), i)).toBe(i % 2 === 0 ? undefined : i);
    expect(map.size).toBe(5000);
  });
});
