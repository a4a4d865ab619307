import { describe, expect, it } from "vitest";
import { random } from "../../services/simulator/random.ts";
import { DAY, type Given, HOUR, MINUTE, START, world } from "./given.ts";
import { refreshed } from "./refreshes.ts";

describe("more refreshes than the agent ever made (R3)", () => {
  /** Counts of a geometric distribution, which is the negative binomial with dispersion 1, minute by minute. */
  function traffic(seed: number, from: number, minutes: number, perMinute: number): Given[] {
    const own = random(seed, "minutes");
    return Array.from({ length: minutes }, (_, minute) => {
      const mean = own.exponential(perMinute);
      const events: Given[] = [];
      for (let passed = own.exponential(1); passed < mean; passed += own.exponential(1))
        events.push(refreshed(from + minute * MINUTE + events.length, { family: "f", lifetime: 0 }));
      return events;
    }).flat();
  }
  const history = (seed: number, days: number, perMinute: number) => [
    ...traffic(seed, -HOUR, 60, perMinute),
    ...traffic(seed + 1, 0, days * 1440, perMinute),
  ];

  it("makes a rate eight times the learned one a finding within minutes", () => {
    const given = world();
    expect(given.finds(...history(3, 3, 0.5))).toEqual([]);
    const [first] = given.sees(...traffic(9, 3 * DAY, 30, 4));
    expect(first).toMatchObject({ kind: "refresh-rate", severity: "medium" });
    expect(Date.parse(first?.time ?? "") - START - 3 * DAY).toBeLessThan(20 * MINUTE);
    expect(first?.evidence.learnedPerMinute).toBeCloseTo(0.5, 0);
  });

  it("does not wait for the end of the minute when a storm breaks out", () => {
    const given = world();
    given.sees(...history(3, 2, 0.5));
    const storm = Array.from({ length: 60 }, (_, i) =>
      refreshed(2 * DAY + i * 2, { family: "f", lifetime: 0 }),
    );
    expect(given.finds(...storm)).toEqual(["refresh-rate"]);
  });

  it("counts refreshes that the issuer refuses", () => {
    const given = world();
    given.sees(...history(3, 2, 0.5));
    const storm = Array.from({ length: 60 }, (_, i) =>
      refreshed(2 * DAY + i * 2, { family: "f" }, { outcome: { result: "denied", reason: "invalid_grant" } }),
    );
    expect(given.finds(...storm)).toEqual(["refresh-rate"]);
  });

  it("keeps to its bound on false alarms under bursts as heavy as its null", () => {
    const given = world({ "refresh-storm": { quietMs: 0 } });
    expect(given.finds(...history(21, 14, 0.5)).length).toBeLessThanOrEqual(2);
  });

  it("says nothing before it has seen one whole day, and takes no broken day for one", () => {
    const steady = (from: number, minutes: number) =>
      Array.from({ length: minutes }, (_, i) => refreshed(from + i * MINUTE, { family: "f", lifetime: 0 }));
    expect(world().finds(...steady(-20 * MINUTE, 20), ...steady(0, 3 * 1440))).toEqual([]);
    expect(world().finds(...steady(-DAY, 10), ...traffic(1, 0, 1439, 4))).toEqual([]);
  });

  it("cannot be walked up slowly: the learned rate stays within twice the first week's", () => {
    const given = world();
    const perMinute = 0.5;
    given.sees(...history(5, 7, perMinute));
    for (let [day, growth] = [7, 1]; growth < 16; day++, growth *= 1.1) {
      const [first] = given.sees(...traffic(100 + day, day * DAY, 1440, perMinute * growth));
      if (first === undefined) continue;
      expect(first.kind).toBe("refresh-rate");
      expect(first.evidence.learnedPerMinute).toBeLessThanOrEqual(2 * 0.55);
      expect(growth).toBeLessThan(8);
      return;
    }
    expect.unreachable("never found");
  });
});
