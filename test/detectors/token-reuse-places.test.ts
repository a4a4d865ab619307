import { describe, expect, it } from "vitest";
import { type CallFields, call, event, type Given, HOUR, MINUTE, SECOND, world } from "./given.ts";
import { iso, issued, used } from "./tokens.ts";

describe("one token in two places", () => {
  const home = { node: "node-1", asn: 64496, ip: "192.0.2.1" };
  const thief = { node: "node-9", asn: 64511, ip: "203.0.113.66" };
  const from = (network: object, atMs: number, more: CallFields = {}) => used(atMs, { network, ...more });

  it("is a finding when it is used in A, then B, then A again", () => {
    const events = [issued(), from(home, MINUTE), from(thief, 2 * MINUTE), from(home, 3 * MINUTE)];
    const given = world();
    expect(given.finds(...events.slice(0, 3))).toEqual([]);
    const [finding] = given.sees(...events.slice(3));
    expect(finding).toMatchObject({
      kind: "used-in-two-places",
      severity: "high",
      eventIds: events.slice(1).map(({ id }) => id),
      summary:
        "One token is used from two places at once: node-1 at 192.0.2.1 AS64496, then node-9 at 203.0.113.66 AS64511, and back within 120 s.".replace(
          "120 s",
          "2 min",
        ),
      evidence: { attested: true, returnedAfterMs: 2 * MINUTE },
    });
  });

  it("is a finding too when the token had moved before: B, C, B", () => {
    const events = [
      issued(),
      from({ node: "node-0" }, 0),
      from(home, 10 * MINUTE),
      from(thief, 11 * MINUTE),
      from(home, 12 * MINUTE),
    ];
    expect(world().finds(...events)).toEqual(["used-in-two-places"]);
  });

  it("is a finding when the thief goes through many places", () => {
    const events = [
      issued(),
      from(home, 0),
      ...[1, 2, 3, 4, 5].map((i) => from({ node: `exit-${i}` }, i * SECOND)),
      from(home, 9 * SECOND),
      from({ node: "exit-6" }, 10 * SECOND),
      from(home, 11 * SECOND),
    ];
    expect(world().finds(...events)).toEqual(["used-in-two-places"]);
  });

  it("stays quiet when the token moves once", () => {
    expect(
      world().finds(
        issued(),
        from(home, 0),
        from(home, MINUTE),
        from(thief, 2 * MINUTE),
        from(thief, 3 * MINUTE),
      ),
    ).toEqual([]);
  });

  it("stays quiet when it comes back later than the time allowed, and goes on there", () => {
    const events = [
      issued(),
      from(home, 0),
      from(thief, 10 * SECOND),
      from(home, 5 * MINUTE + 5 * SECOND),
      from(home, 5 * MINUTE + 8 * SECOND),
    ];
    expect(world().finds(...events)).toEqual([]);
    expect(world({ "token-reuse": { alternationMs: 600_000 } }).finds(...events)).toEqual([
      "used-in-two-places",
    ]);
  });

  it("takes the token's lifetime for the time allowed where that is shorter", () => {
    const events = [
      issued({ expiresAt: iso(MINUTE) }),
      from(home, 0),
      from(thief, 10 * SECOND),
      from(home, 90 * SECOND),
    ];
    expect(world().finds(...events)).toEqual([]);
  });

  it("is of medium severity where only addresses are known", () => {
    const [one, other] = [{ ip: "192.0.2.1" }, { ip: "203.0.113.66" }];
    const findings = world().sees(issued(), from(one, 0), from(other, SECOND), from(one, 2 * SECOND));
    expect(findings).toMatchObject([
      { kind: "used-in-two-places", severity: "medium", evidence: { attested: false } },
    ]);
  });

  it("knows an instance where no node is named", () => {
    const at = (instance: string, atMs: number) => used(atMs, { agent: { id: "a", instance } });
    expect(world().finds(issued(), at("pod-1", 0), at("pod-2", SECOND), at("pod-1", 2 * SECOND))).toEqual([
      "used-in-two-places",
    ]);
    expect(world().finds(issued(), at("pod-1", 0), at("pod-1", SECOND), at("pod-1", 2 * SECOND))).toEqual([]);
  });

  it("stays quiet when one workload has several addresses of one network", () => {
    const address = (ip: string, atMs: number) => from({ ...home, ip }, atMs);
    expect(
      world().finds(
        issued(),
        address("192.0.2.1", 0),
        address("192.0.2.2", SECOND),
        address("192.0.2.1", 2 * SECOND),
      ),
    ).toEqual([]);
  });

  it("takes no notice of calls that a provider makes, or that have no place", () => {
    const provider = from({ ...thief, provider: true }, SECOND);
    expect(
      world().finds(issued(), from(home, 0), provider, used(SECOND + 1), from(home, 2 * SECOND)),
    ).toEqual([]);
  });

  it("shows the address of each use, though another agent was in the same place from another address", () => {
    const at = (ip: string, atMs: number, more: CallFields) =>
      from({ node: "node-7", asn: 64496, ip }, atMs, more);
    const tenant = { tenant: "other", agent: { id: "b" } };
    const given = world();
    given.sees(at("198.51.100.7", 0, tenant));
    const [finding] = given.sees(
      issued(),
      at("192.0.2.7", SECOND, {}),
      from(thief, 2 * SECOND),
      at("192.0.2.7", 3 * SECOND, {}),
    );
    expect(finding?.evidence.places).toEqual([
      "node-7 at 192.0.2.7 AS64496",
      "node-9 at 203.0.113.66 AS64511",
    ]);
  });

  it("is told once of a token", () => {
    const events = Array.from({ length: 40 }, (_, i) => from(i % 2 === 0 ? home : thief, i * SECOND));
    expect(world().finds(issued(), ...events)).toEqual(["used-in-two-places"]);
  });
});

describe("a token that reaches many services", () => {
  const SERVICES = ["s0", "s1", "s2", "s3", "s4", "s5", "s6"];
  const audience = SERVICES;
  /** A day on which one token reaches so many services; ended tokens count a day later. */
  function day(number: number, services: number, token: object = { audience }): Given[] {
    const at = number * 50 * HOUR;
    const publicId = `jti-${number}`;
    const uses = SERVICES.slice(0, services).map((service, i) =>
      call(at + (i + 1) * SECOND, { service, token: { publicId } }),
    );
    return [
      event("token.issued", at, {
        token: { publicId, issuedAt: iso(at), expiresAt: iso(at + HOUR), ...token },
      }),
      ...uses,
    ];
  }
  const usual = (count: number) => Array.from({ length: count }, (_, i) => day(i, 1 + (i % 2))).flat();

  it("is a finding at the first service beyond twice of what any token reached", () => {
    const last = day(21, 7);
    const findings = world().sees(...usual(21), ...last);
    expect(findings).toMatchObject([
      {
        kind: "service-fan-out",
        severity: "medium",
        eventIds: [last[5]?.id],
        evidence: { services: ["s0", "s1", "s2", "s3", "s4"], mostBefore: 2 },
      },
    ]);
    expect(findings[0]?.summary).toBe("One token has reached 5 services.");
  });

  it("stays quiet at twice as many, with fewer finished tokens, and for tokens of unknown audience", () => {
    expect(world().finds(...usual(21), ...day(21, 4))).toEqual([]);
    expect(world().finds(...usual(19), ...day(19, 7))).toEqual([]);
    expect(world().finds(...usual(21), ...day(21, 7, {}))).toEqual([]);
  });

  it("stays quiet when an earlier token reached half as many", () => {
    expect(world().finds(...usual(20), ...day(20, 4), ...day(21, 7))).toEqual([]);
  });
});
