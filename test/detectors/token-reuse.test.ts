import { describe, expect, it } from "vitest";
import { call, type Given, HOUR, MINUTE, SECOND, world } from "./given.ts";
import { iso, issued, refused, revoked, used } from "./tokens.ts";

/** The findings, in their order, if the events arrive as given and if they arrive the other way round. */
function bothWays(...events: Given[]) {
  const shown = (given: readonly Given[]) =>
    world({}, HOUR * 24)
      .sees(...given)
      .map(({ id, kind, time, eventIds }) => ({ id, kind, time, trigger: eventIds.at(-1) }));
  return [shown(events), shown(events.toReversed())];
}

describe("a service that is not in the token's audience", () => {
  it("is critical when it accepts the token", () => {
    const [finding, ...more] = world().sees(issued(), used(MINUTE), used(2 * MINUTE, { service: "payroll" }));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      kind: "audience-mismatch",
      severity: "critical",
      evidenceKind: "invariant",
      time: iso(2 * MINUTE),
      token: { publicId: "jti" },
      summary: "Service `payroll` accepted a token that was made for `erp`.",
      evidence: { service: "payroll", audience: ["erp"] },
    });
  });

  it("is a probe when it refuses, and critical as soon as it then accepts", () => {
    const [probe, mismatch, ...more] = world().sees(
      issued(),
      refused(MINUTE, { service: "payroll" }),
      used(MINUTE + SECOND),
      used(MINUTE + 2 * SECOND, { service: "payroll" }),
    );
    expect(probe).toMatchObject({ kind: "audience-probe", severity: "low" });
    expect(mismatch).toMatchObject({ kind: "audience-mismatch", time: iso(MINUTE + 2 * SECOND) });
    expect(more).toEqual([]);
  });

  it("is told once of a token", () => {
    const uses = Array.from({ length: 50 }, (_, i) => used(i * 2 * MINUTE, { service: `other-${i % 3}` }));
    expect(world().finds(issued({ expiresAt: undefined }), ...uses)).toEqual(["audience-mismatch"]);
  });

  it("is the same finding when the issuance arrives after the use", () => {
    const [inOrder, late] = bothWays(issued(), used(MINUTE, { service: "payroll" }));
    expect(inOrder).toHaveLength(1);
    expect(late).toEqual(inOrder);
  });

  it("stays quiet for the audience, for its aliases, and while the audience is unknown", () => {
    expect(world().finds(issued(), used(MINUTE))).toEqual([]);
    expect(
      world({ "token-reuse": { aliases: { "erp-api": "erp" } } }).finds(
        issued(),
        used(MINUTE, { service: "erp-api" }),
      ),
    ).toEqual([]);
    expect(world().finds(issued({ audience: undefined }), used(MINUTE, { service: "payroll" }))).toEqual([]);
    expect(world().finds(issued({ audience: [] }), used(MINUTE, { service: "payroll" }))).toEqual([]);
  });
});

describe("a use after expiry", () => {
  const end = HOUR + MINUTE;

  it("is a finding when a service accepts it, one millisecond beyond the skew", () => {
    const [finding] = world().sees(issued(), used(end + 1));
    expect(finding).toMatchObject({
      kind: "use-after-expiry",
      severity: "high",
      evidence: { afterMs: MINUTE + 1, expiredAt: iso(HOUR) },
    });
    expect(finding?.summary).toBe("Service `erp` accepted a token 60 s after it had expired.");
  });

  it("stays quiet within the skew, and when it is refused", () => {
    expect(world().finds(issued(), used(end))).toEqual([]);
    expect(world().finds(issued(), refused(end + HOUR))).toEqual([]);
  });

  it("is seen at once however often the token was used before", () => {
    const before = Array.from({ length: 100 }, (_, i) => used(end - 100 + i));
    expect(world().finds(issued(), ...before, used(end + 1))).toEqual(["use-after-expiry"]);
  });

  it("is the same finding when the issuance arrives late", () => {
    const [inOrder, late] = bothWays(issued(), used(end + 1));
    expect(late).toEqual(inOrder);
    expect(inOrder).toHaveLength(1);
  });
});

describe("a use after revocation", () => {
  it("is critical beyond the time that a revocation may take", () => {
    const [finding] = world().sees(issued(), revoked(MINUTE), used(2 * MINUTE + 1));
    expect(finding).toMatchObject({
      kind: "use-after-revocation",
      severity: "critical",
      evidence: { revokedAt: iso(MINUTE), afterMs: MINUTE + 1 },
      summary:
        "Service `erp` accepted a token 60 s after it had been revoked: the revocation is not effective there.",
    });
  });

  it("stays quiet within that time, before it, and when it is refused", () => {
    expect(world().finds(issued(), used(0), revoked(MINUTE), used(2 * MINUTE), refused(5 * MINUTE))).toEqual(
      [],
    );
  });

  it("is the same finding when the revocation arrives late: the use is its trigger", () => {
    const [inOrder, late] = bothWays(issued(), revoked(MINUTE), used(3 * MINUTE));
    expect(inOrder).toMatchObject([{ kind: "use-after-revocation", time: iso(3 * MINUTE) }]);
    expect(late).toEqual(inOrder);
  });

  it("names the late revocation as evidence", () => {
    const [use, revocation] = [used(3 * MINUTE), revoked(MINUTE)];
    const [finding] = world({}, HOUR).sees(issued(), use, revocation);
    expect(finding?.eventIds).toEqual([revocation.id, use.id]);
  });

  it("counts from the earliest of several revocations", () => {
    expect(world({}, HOUR).finds(issued(), revoked(10 * MINUTE), revoked(MINUTE), used(5 * MINUTE))).toEqual([
      "use-after-revocation",
    ]);
    expect(world({}, HOUR).finds(issued(), revoked(MINUTE), revoked(10 * MINUTE), used(5 * MINUTE))).toEqual([
      "use-after-revocation",
    ]);
  });

  it.each(["family", "rootGrant"])(
    "holds for every token of a %s that is revoked as such, known or seen later",
    (origin) => {
      const mine = issued({ [origin]: "f" });
      const use = call(20 * MINUTE, { token: { publicId: "jti", [origin]: "f" } });
      const end = revoked(MINUTE, { [origin]: "f" });
      expect(world().finds(mine, end, use)).toEqual(["use-after-revocation"]);
      expect(world().finds(end, mine, use)).toEqual(["use-after-revocation"]);
      expect(world().finds(end, use)).toEqual(["use-after-revocation"]);
      const given = world();
      given.sees(end);
      given.reload();
      expect(given.finds(use)).toEqual(["use-after-revocation"]);
    },
  );

  it.each(["family", "rootGrant"])(
    "stays quiet for another %s, and for what is issued under it afterwards",
    (origin) => {
      const mine = issued({ [origin]: "f" });
      const use = call(20 * MINUTE, { token: { publicId: "jti", [origin]: "f" } });
      const other = origin === "family" ? "rootGrant" : "family";
      for (const end of [{ [origin]: "g" }, { [other]: "f" }]) {
        expect(world().finds(mine, revoked(MINUTE, end), use)).toEqual([]);
        expect(world().finds(revoked(MINUTE, end), mine, use)).toEqual([]);
      }
      const anew = issued({ [origin]: "f", issuedAt: iso(2 * MINUTE) }, 2 * MINUTE);
      expect(world().finds(revoked(MINUTE, { [origin]: "f" }), anew, use)).toEqual([]);
    },
  );

  it("remembers the newest 64 revoked families of an agent, and counts the others", () => {
    const ends = (count: number) =>
      Array.from({ length: count }, (_, i) => revoked(MINUTE + i, { family: `f-${i}` }));
    const use = call(20 * MINUTE, { token: { publicId: "jti", family: "f-0" } });
    const [all, tooMany] = [world(), world()];
    expect(all.finds(...ends(64), use)).toEqual(["use-after-revocation"]);
    expect(tooMany.finds(...ends(65), use)).toEqual([]);
    expect([all.caps.revocations, tooMany.caps.revocations]).toEqual([0, 1]);
  });

  it("holds for every token of a family that is revoked as such", () => {
    const kin = [issued({ family: "f" }), issued({ publicId: "other", family: "f" })];
    const uses = [used(3 * MINUTE), call(3 * MINUTE, { token: { publicId: "other" } })];
    expect(world().finds(...kin, revoked(MINUTE, { family: "f" }), ...uses)).toEqual([
      "use-after-revocation",
      "use-after-revocation",
    ]);
    expect(world().finds(...kin, revoked(MINUTE, { family: "g" }), ...uses)).toEqual([]);
  });

  it("does not condemn the kin of one token that is revoked by its name", () => {
    const kin = [issued({ family: "f" }), issued({ publicId: "other", family: "f" })];
    const uses = [refused(3 * MINUTE), call(3 * MINUTE, { token: { publicId: "other" } })];
    expect(world().finds(...kin, revoked(MINUTE, { publicId: "jti", family: "f" }), ...uses)).toEqual([]);
  });
});

describe("tokens of two agents", () => {
  it("are not mixed up, even with the same public id", () => {
    const other = { agent: { id: "b" } };
    expect(
      world().finds(issued(), call(MINUTE, { service: "payroll", token: { publicId: "jti" }, ...other })),
    ).toEqual([]);
  });
});
