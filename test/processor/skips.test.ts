import { describe, expect, it } from "vitest";
import { forgetSkips } from "../../services/processor/skips.ts";

const skips = (count: number) =>
  new Map(Array.from({ length: count }, (_, position) => [position, new Set(["token-reuse"])]));

describe("detectors that are left out at events", () => {
  it("are forgotten beyond a thousand events, the oldest first", () => {
    const many = skips(1200);
    forgetSkips(many, 1200);
    expect([...many.keys()][0]).toBe(200);
    expect(many.size).toBe(1000);
  });

  it("are remembered, however many, of events that are not committed yet: those are folded again", () => {
    const many = skips(1200);
    forgetSkips(many, 50);
    expect([...many.keys()][0]).toBe(50);
  });

  it("are remembered up to a thousand events", () => {
    const few = skips(1000);
    forgetSkips(few, 1000);
    expect(few.size).toBe(1000);
  });
});
