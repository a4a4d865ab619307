import { describe, expect, it } from "vitest";
import { random } from "../../services/simulator/random.ts";
import { call, DAY, event, type Given, HOUR, MINUTE, SECOND, START, type World, world } from "./given.ts";

const iso = (atMs: number) => new Date(START + atMs).toISOString();

interface Grant {
  readonly family?: string;
  readonly rootGrant?: string;
  /** In ms; 0 leaves both times out. */
  readonly lifetime?: number;
}

function token(kind: "token.issued" | "token.refreshed", atMs: number, grant: Grant, more: object = {}): Given {
  const { lifetime = HOUR, family, rootGrant } = grant;
  const times = lifetime === 0 ? {} : { issuedAt: iso(atMs), expiresAt: iso(atMs + lifetime) };
  return event(kind, atMs, { token: { publicId: `jti-${family}-${atMs}`, family, rootGrant, ...times }, ...more });
}
const issued = (atMs: number, grant: Grant = { family: "f" }, more: object = {}) => token("token.issued", atMs, grant, more);
const refreshed = (atMs: number, grant: Grant = { family: "f" }, more: object = {}) => token("token.refreshed", atMs, grant, more);
/** A use of the newest token, refused with 401. */
const refused = (atMs: number, tokenAtMs: number, grant: Grant = { family: "f" }, more: object = {}) =>
  call(atMs, { token: { publicId: `jti-${grant.family}-${tokenAtMs}` }, result: "denied", status: 401, ...more });

/** Index of the first event that makes a finding; -1 if none does. */
const firstFinding = (given: World, events: readonly Given[]) => events.findIndex((one) => given.sees(one).length > 0);

describe("refreshes that come too early (R1)", () => {
  const loop = (count: number, everyMs = 2 * SECOND) => [issued(0), ...Array.from({ length: count }, (_, i) => refreshed((i + 1) * everyMs))];

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
      summary: "11 of 11 refreshes of one family within 20 s came before a fifth of the token's 3600 s had passed.",
      rarity: "at most one false alarm in 10000 refreshes",
      evidence: { refreshes: 11, early: 11, seconds: 20, lifetimeSeconds: 3600, family: "f" },
    });
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
    const restarts = [50, 100, 150].flatMap((hour) => [1, 2, 3, 4].map((i) => refreshed(hour * HOUR + i * SECOND)));
    const events = [issued(0), ...late, ...restarts].sort((a, b) => (a.time < b.time ? -1 : 1));
    expect(world().finds(...events)).toEqual([]);
  });

  it("stays quiet about tokens that live for less than two minutes or that tell no times", () => {
    for (const lifetime of [MINUTE, 0]) {
      const grant = { family: "f", lifetime };
      const events = [issued(0, grant), ...Array.from({ length: 40 }, (_, i) => refreshed((i + 1) * 5 * SECOND, grant))];
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
    const total = 40_000;
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
  const cycles = (count: number, grant?: Grant, more?: object) => Array.from({ length: count }, (_, i) => cycle(i, grant, more)).flat();

  it("makes the third cycle of refresh, refused use and refresh a finding, however slow the loop is", () => {
    const events = [issued(0), ...cycles(5)];
    const given = world();
    const [finding, ...more] = given.sees(...events);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ kind: "futile-refresh-loop", time: iso(3 * MINUTE), evidence: { cycles: 3, family: "f" } });
    expect(finding?.eventIds).toEqual(events.slice(1, 7).map(({ id }) => id));
  });

  it("stays quiet when one use in between is accepted", () => {
    const accepted = call(MINUTE + 20 * SECOND, { token: { publicId: `jti-f-${MINUTE}` } });
    const events = [issued(0), ...cycles(4), accepted].sort((a, b) => (a.time < b.time ? -1 : 1));
    expect(world().finds(...events)).toEqual([]);
  });

  it("stays quiet when uses are refused for another reason than the token", () => {
    const forbidden = [issued(0), ...cycles(5).map((one) => (one.outcome ? { ...one, outcome: { result: "denied", status: 403 } } : one))];
    expect(world().finds(...forbidden)).toEqual([]);
  });

  it("stays quiet when the refresh comes long after the refusal", () => {
    const events = [issued(0)];
    for (let i = 0; i < 6; i++) events.push(refused(i * 20 * MINUTE + SECOND, i * 20 * MINUTE), refreshed((i + 1) * 20 * MINUTE));
    expect(world().finds(...events)).toEqual([]);
  });

  it("tells families apart", () => {
    const healthy = (i: number) => [refreshed(i * MINUTE + 5 * SECOND, { family: "other" }), call(i * MINUTE + 15 * SECOND, { token: { publicId: `jti-other-${i * MINUTE + 5 * SECOND}` } })];
    const events = [issued(0), ...Array.from({ length: 3 }, (_, i) => [...healthy(i), ...cycle(i)]).flat()].sort((a, b) => (a.time < b.time ? -1 : 1));
    const findings = world().sees(...events);
    expect(findings.map(({ kind, evidence }) => [kind, evidence.family])).toEqual([["futile-refresh-loop", "f"]]);
  });

  it("sees it too where tokens name no family: by instance, or by the agent's one line of tokens", () => {
    for (const agent of [{ id: "a", instance: "pod-1" }, { id: "a" }]) {
      const events = [issued(0, {}, { agent }), ...cycles(3, {}, { agent })];
      expect(world().finds(...events)).toEqual(["futile-refresh-loop"]);
    }
  });

  it("does not blame one instance for what another one's token suffers", () => {
    const [one, other] = [{ id: "a", instance: "pod-1" }, { id: "a", instance: "pod-2" }];
    const events = [issued(0, {}, { agent: one }), ...cycles(4, {}, { agent: one }).map((given) => (given.kind === "api.called" ? { ...given, agent: other } : given))];
    expect(world().finds(...events)).toEqual([]);
  });
});

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
  const history = (seed: number, days: number, perMinute: number) => [...traffic(seed, -HOUR, 60, perMinute), ...traffic(seed + 1, 0, days * 1440, perMinute)];

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
    const storm = Array.from({ length: 60 }, (_, i) => refreshed(2 * DAY + i * 2, { family: "f", lifetime: 0 }));
    expect(given.finds(...storm)).toEqual(["refresh-rate"]);
  });

  it("counts refreshes that the issuer refuses", () => {
    const given = world();
    given.sees(...history(3, 2, 0.5));
    const storm = Array.from({ length: 60 }, (_, i) => refreshed(2 * DAY + i * 2, { family: "f" }, { outcome: { result: "denied", reason: "invalid_grant" } }));
    expect(given.finds(...storm)).toEqual(["refresh-rate"]);
  });

  it("keeps to its bound on false alarms under bursts as heavy as its null", () => {
    const given = world({ "refresh-storm": { quietMs: 0 } });
    expect(given.finds(...history(21, 14, 0.5)).length).toBeLessThanOrEqual(2);
  });

  it("says nothing before it has seen one whole day, and takes no broken day for one", () => {
    const steady = (from: number, minutes: number) => Array.from({ length: minutes }, (_, i) => refreshed(from + i * MINUTE, { family: "f", lifetime: 0 }));
    expect(world().finds(...steady(-20 * MINUTE, 20), ...steady(0, 3 * 1440))).toEqual([]);
    expect(world().finds(...steady(-DAY, 10), ...traffic(1, 0, 1439, 20))).toEqual([]);
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

describe("the memory of families", () => {
  it("keeps the 64 that were refreshed last: a family at work is not pushed out by others that begin", () => {
    const given = world();
    const events = [issued(0)];
    for (let i = 0; i < 11; i++) {
      for (let other = 0; other < 20; other++) events.push(issued(i * 10 * SECOND + other, { family: `other-${i}-${other}` }));
      events.push(refreshed((i + 1) * 10 * SECOND));
    }
    expect(given.finds(...events)).toEqual(["early-refresh-loop"]);
  });
});
