import { describe, expect, it } from "vitest";
import { byTurns, figure, median, quantile, ratioOf } from "./measure.ts";
import { tableOf } from "./report.ts";

describe("measuring", () => {
  it("runs every variant in every round, each round beginning with another", async () => {
    const order: string[] = [];
    const variants = ["a", "b", "c"].map((name) => ({
      name,
      run: async () => order.push(name),
    }));
    const samples = await byTurns(variants, 3, () => undefined);
    expect(order.join("")).toBe("abcbcacab");
    expect([...samples.values()].map((runs) => runs.length)).toEqual([3, 3, 3]);
  });

  it("takes the median, and of an even number the middle of the two", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("finds the value that a share of the values does not exceed", () => {
    const sorted = Array.from({ length: 1000 }, (_, number) => number + 1);
    expect([0, 0.5, 0.99, 0.999, 1].map((share) => quantile(sorted, share))).toEqual([
      1, 500, 990, 999, 1000,
    ]);
  });

  it("compares round by round, so that a slow round slows both sides", () => {
    expect(ratioOf([100, 10, 100], [50, 5, 50], false)).toBe(2);
    expect(ratioOf([2, 20, 2], [4, 40, 4], true)).toBe(2);
  });
});

describe("the table", () => {
  it("shows the median, the spread, the ratio and what is to be reached", () => {
    const shown = tableOf([
      { ...figure("replay", "events/s", [3, 1_234_567, 2_000_000], "≥ 1.0"), ratio: 1.234, against: "parse" },
    ]);
    expect(shown.split("\n").at(-2)).toMatch(
      /^replay +1,234,567 +3\.00 +2,000,000 +events\/s +1\.23 +parse +≥ 1\.0$/,
    );
  });
});
