import { describe, expect, it } from "vitest";
import { random } from "../../services/simulator/random.ts";
import { call, type Given, HOUR, MINUTE, SECOND, type World, world, worldOf } from "./given.ts";
import { type Grant, iso, issued, refreshed, refused } from "./refreshes.ts";

/** Index of the first event that makes a finding; -1 if none does. */
const firstFinding = (given: World, events: readonly Given[]) =>
  events.findIndex((one) => given.sees(one).length > 0);

describe("refreshes that come too early (R1)", () => {
  const loop = (count: number, everyMs = 2 * SECOND) => [
    issued(0),
    ...Array.from({ length: count }, (_, i) => refreshed((i + 1) * everyMs)),
  ];

  it("makes a pure loop a finding at its eleventh refresh", () => {
    const given = world();
    const events = loop(30);
    expect(firstFinding(given, events)).toBe(11);
    const again = world();
    expect(again.finds(...events)).toEqual(["early-refresh-loop"]);
  });

  it("says how many, how early and how rare", () => {
    const [finding] = world().sees(...loop(11));
    expect(finding).toMatchObject({
      detector: "refresh-storm",
      severity: "medium",
      summary:
        "11 of 11 refreshes of one family within 20 s came before 20 % of the token's 3600 s had passed.",
      rarity: "at most one false alarm in 10000 refreshes",
      evidence: { refreshes: 11, early: 11, seconds: 20, lifetimeSeconds: 3600, family: "f" },
    });
  });

  it("says how early, as it is set", () => {
    const given = world({ "refresh-storm": { earlyShare: 0.5 } });
    expect(given.sees(...loop(11))[0]?.summary).toContain(
      "came before 50 % of the token's 3600 s had passed",
    );
  });

  it("sees a loop that now and then waits long enough", () => {
    const own = random(1, "noise");
    const given = world();
    const events = [issued(0)];
    for (let at = 0; events.length < 60; ) {
      at += own.chance(0.1) ? 50 * MINUTE : 10 * SECOND;
      events.push(refreshed(at));
    }
    expect(firstFinding(given, events)).toBeLessThan(40);
  });

  it("needs more refreshes where fewer false alarms are wanted", () => {
    const given = world({ "refresh-storm": { falseAlarmEvery: 1_000_000 } });
    expect(firstFinding(given, loop(30))).toBe(18);
  });

  it("stays quiet when tokens are renewed late, and when a restart renews a few at once", () => {
    const late = Array.from({ length: 200 }, (_, i) => refreshed((i + 1) * 48 * MINUTE));
    const restarts = [50, 100, 150].flatMap((hour) =>
      [1, 2, 3, 4].map((i) => refreshed(hour * HOUR + i * SECOND)),
    );
    const events = [issued(0), ...late, ...restarts].sort((a, b) => (a.time < b.time ? -1 : 1));
    expect(world().finds(...events)).toEqual([]);
  });

  it("stays quiet about tokens that live for less than two minutes or that tell no times", () => {
    for (const lifetime of [MINUTE, 0]) {
      const grant = { family: "f", lifetime };
      const events = [
        issued(0, grant),
        ...Array.from({ length: 40 }, (_, i) => refreshed((i + 1) * 5 * SECOND, grant)),
      ];
      expect(world().finds(...events)).toEqual([]);
    }
  });

  it("tells of a family once an hour", () => {
    expect(world().finds(...loop(1000, SECOND))).toEqual(["early-refresh-loop"]);
    expect(world().finds(...loop(4000, SECOND))).toEqual(["early-refresh-loop", "early-refresh-loop"]);
  });

  it("keeps to its bound on false alarms when early refreshes come in the worst clusters allowed", () => {
    const own = random(7, "conditional null");
    const given = world({ "refresh-storm": { quietMs: 0 } });
    given.sees(issued(0));
    let [at, early, alarms] = [0, false, 0];
    const total = 20_000;
    for (let count = 0; count < total; count++) {
      early = own.chance(early ? 0.5 : 0.05);
      at += early ? 5 * MINUTE : 50 * MINUTE;
      alarms += given.finds(refreshed(at)).filter((kind) => kind === "early-refresh-loop").length;
    }
    expect(alarms).toBeLessThanOrEqual(total / 10_000);
  });
});

describe("refreshes that change nothing (R2)", () => {
  const cycle = (i: number, grant: Grant = { family: "f" }, more: object = {}) => {
    const before = i * MINUTE;
    return [refused(before + 10 * SECOND, before, grant, more), refreshed(before + MINUTE, grant, more)];
  };
  const cycles = (count: number, grant?: Grant, more?: object) =>
    Array.from({ length: count }, (_, i) => cycle(i, grant, more)).flat();

  it("makes the third cycle of refresh, refused use and refresh a finding, however slow the loop is", () => {
    const events = [issued(0), ...cycles(5)];
    const given = worldOf("refresh-storm");
    const [finding, ...more] = given.sees(...events);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      kind: "futile-refresh-loop",
      time: iso(3 * MINUTE),
      evidence: { cycles: 3, family: "f" },
    });
    expect(finding?.eventIds).toEqual(events.slice(1, 7).map(({ id }) => id));
  });

  it("stays quiet when one use in between is accepted", () => {
    const accepted = call(MINUTE + 20 * SECOND, { token: { publicId: `jti-f-${MINUTE}` } });
    const events = [issued(0), ...cycles(4), accepted].sort((a, b) => (a.time < b.time ? -1 : 1));
    expect(worldOf("refresh-storm").finds(...events)).toEqual([]);
  });

  it("stays quiet when uses are refused for another reason than the token", () => {
    const forbidden = [
      issued(0),
      ...cycles(5).map((one) => (one.outcome ? { ...one, outcome: { result: "denied", status: 403 } } : one)),
    ];
    expect(worldOf("refresh-storm").finds(...forbidden)).toEqual([]);
  });

  it("stays quiet when the refresh comes long after the refusal", () => {
    const events = [issued(0)];
    for (let i = 0; i < 6; i++)
      events.push(refused(i * 20 * MINUTE + SECOND, i * 20 * MINUTE), refreshed((i + 1) * 20 * MINUTE));
    expect(worldOf("refresh-storm").finds(...events)).toEqual([]);
  });

  it("tells families apart", () => {
    const healthy = (i: number) => [
      refreshed(i * MINUTE + 5 * SECOND, { family: "other" }),
      call(i * MINUTE + 15 * SECOND, { token: { publicId: `jti-other-${i * MINUTE + 5 * SECOND}` } }),
    ];
    const events = [
      issued(0),
      ...Array.from({ length: 3 }, (_, i) => [...healthy(i), ...cycle(i)]).flat(),
    ].sort((a, b) => (a.time < b.time ? -1 : 1));
    const findings = worldOf("refresh-storm").sees(...events);
    expect(findings.map(({ kind, evidence }) => [kind, evidence.family])).toEqual([
      ["futile-refresh-loop", "f"],
    ]);
  });

  it("sees it too where tokens name no family: by instance, or by the agent's one line of tokens", () => {
    for (const agent of [{ id: "a", instance: "pod-1" }, { id: "a" }]) {
      const events = [issued(0, {}, { agent }), ...cycles(3, {}, { agent })];
      expect(worldOf("refresh-storm").finds(...events)).toEqual(["futile-refresh-loop"]);
    }
  });

  it("does not blame one instance for what another one's token suffers", () => {
    const [one, other] = [
      { id: "a", instance: "pod-1" },
      { id: "a", instance: "pod-2" },
    ];
    const events = [
      issued(0, {}, { agent: one }),
      ...cycles(4, {}, { agent: one }).map((given) =>
        given.kind === "api.called" ? { ...given, agent: other } : given,
      ),
    ];
    expect(worldOf("refresh-storm").finds(...events)).toEqual([]);
  });
});

describe("the memory of families", () => {
  it("keeps the 64 that were refreshed last: a family at work is not pushed out by others that begin", () => {
    const given = world();
    const events = [issued(0)];
    for (let i = 0; i < 11; i++) {
      for (let other = 0; other < 20; other++)
        events.push(issued(i * 10 * SECOND + other, { family: `other-${i}-${other}` }));
      events.push(refreshed((i + 1) * 10 * SECOND));
    }
    expect(given.finds(...events)).toEqual(["early-refresh-loop"]);
  });

  it("holds nothing of a family that is over against the one that comes after it", () => {
    const loop = (family: string, from: number) => [
      issued(from, { family }),
      ...Array.from({ length: 10 }, (_, i) => refreshed(from + (i + 1) * 2 * SECOND, { family })),
    ];
    const later = 4 * HOUR;
    const given = world();
    expect(given.finds(...loop("f", 0), ...loop("g", later))).toEqual([]);
    expect(given.finds(refreshed(later + 22 * SECOND, { family: "g" }))).toEqual(["early-refresh-loop"]);
  });
});
