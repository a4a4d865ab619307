/** What an action does to what is denied because of one agent. */
import { describe, expect, it } from "vitest";
import type { Action, Target } from "../../schemas/action.ts";
import type { ActionId, AgentId, Tenant } from "../../schemas/ids.ts";
import {
  addTokens,
  beyondCap,
  carryOut,
  type DenialLedger,
  MAX_DENIED,
  newLedger,
  uncovered,
} from "../../services/egress/ledger.ts";

const NOW_MS = Date.parse("2026-11-22T10:00:00Z");
const HOUR_MS = 3_600_000;
const [tenant, agent] = ["default" as Tenant, "billing-agent" as AgentId];
const self: Target = { type: "agent", id: agent };
const empty = newLedger({ tenant, agent });

function action(
  kind: Action["kind"],
  target: Target,
  durationMs = HOUR_MS,
  change: Partial<Action> = {},
): Action {
  return {
    id: `a-${kind}-${durationMs}` as ActionId,
    kind,
    tenant,
    agent,
    target,
    step: "stop",
    occurrence: 0,
    mode: "enforce",
    requestedAt: new Date(NOW_MS).toISOString(),
    expiresAt: new Date(NOW_MS + durationMs).toISOString(),
    reason: "left its graph",
    ...change,
  };
}
const token = (id: string): Target => ({ type: "token", id });
const after = (ledger: DenialLedger, one: Action, tokens: string[] = [], nowMs = NOW_MS) =>
  carryOut(ledger, { action: one, position: 7 }, tokens, nowMs);
const targets = (denials: readonly { target: Target; denied: boolean }[]) =>
  denials.map(({ target, denied }) => `${denied ? "+" : "-"}${target.type}:${target.id}`);

describe("quarantine", () => {
  it("denies the agent and each of its tokens until the expiry", () => {
    const { denials, result } = after(empty, action("quarantine", self), ["jti-1", "k1:ab"]);
    expect(result).toBe("confirmed");
    expect(targets(denials)).toEqual(["+agent:billing-agent", "+token:jti-1", "+token:k1:ab"]);
    expect(new Set(denials.map(({ expiresAtMs }) => expiresAtMs))).toEqual(new Set([NOW_MS + HOUR_MS]));
  });
  it("denies the token that a principal without another name is named after", () => {
    const orphan = "token:k1:ab" as AgentId;
    const ledger = newLedger({ tenant, agent: orphan });
    const { denials } = after(
      ledger,
      action("quarantine", { type: "agent", id: orphan }, HOUR_MS, { agent: orphan }),
    );
    expect(targets(denials)).toEqual(["+agent:token:k1:ab", "+token:k1:ab"]);
  });
  it("says nothing new when it is carried out twice", () => {
    const once = after(empty, action("quarantine", self), ["jti-1"]);
    expect(after(once.ledger, action("quarantine", self), ["jti-1"])).toMatchObject({
      denials: [],
      result: "confirmed",
    });
  });
  it("is not shortened by a shorter one, and a longer one prolongs its tokens too", () => {
    const { ledger } = after(empty, action("quarantine", self), ["jti-1"]);
    expect(after(ledger, action("quarantine", self, 1000)).denials).toEqual([]);
    const longer = after(ledger, action("quarantine", self, 2 * HOUR_MS));
    expect(targets(longer.denials)).toEqual(["+agent:billing-agent", "+token:jti-1"]);
  });
  it("does not shorten the revocation of a token", () => {
    const { ledger } = after(empty, action("revoke-token", token("jti-1"), 24 * HOUR_MS));
    expect(targets(after(ledger, action("quarantine", self), ["jti-1"]).denials)).toEqual([
      "+agent:billing-agent",
    ]);
  });
});

describe("tokens that become known during a quarantine", () => {
  const { ledger } = after(empty, action("quarantine", self), ["jti-1"]);
  it("are denied as long as it lasts", () => {
    expect(uncovered(ledger, ["jti-1", "jti-2"])).toEqual(["jti-2"]);
    expect(targets(addTokens(ledger, ["jti-2"], NOW_MS).denials)).toEqual(["+token:jti-2"]);
  });
  it("are left alone without a quarantine, and when it is over", () => {
    expect(addTokens(empty, ["jti-2"], NOW_MS).denials).toEqual([]);
    expect(addTokens(ledger, ["jti-2"], NOW_MS + HOUR_MS).denials).toEqual([]);
  });
  it("are bounded in number, while an explicit revocation always has room", () => {
    const many = Array.from({ length: MAX_DENIED + 5 }, (_, number) => `jti-${number}`);
    const full = after(empty, action("quarantine", self), many);
    expect(full.ledger.denied.size).toBe(MAX_DENIED);
    expect(uncovered(full.ledger, ["another"])).toEqual([]);
    expect([beyondCap(full.ledger, ["another", "jti-0"]), beyondCap(full.ledger, ["jti-0"])]).toEqual([1, 0]);
    expect(beyondCap(empty, many)).toBe(5);
    expect(targets(after(full.ledger, action("revoke-token", token("another"))).denials)).toEqual([
      "+token:another",
    ]);
  });
});

describe("revoke-family", () => {
  it("denies the family and says that this alone stops nobody who does not name it", () => {
    const done = after(empty, action("revoke-family", { type: "family", id: "grant-1" }));
    expect(targets(done.denials)).toEqual(["+family:grant-1"]);
    expect(done).toMatchObject({
      result: "failed",
      detail: "only callers for whom the gateway names the family are refused",
    });
  });
  it("is simulated in dry-run, and a token's revocation is confirmed", () => {
    const dry = action("revoke-family", { type: "family", id: "grant-1" }, HOUR_MS, { mode: "dry-run" });
    expect(after(empty, dry)).toMatchObject({ denials: [], result: "simulated" });
    expect(after(empty, action("revoke-token", token("jti-1")))).toMatchObject({ result: "confirmed" });
  });
});

describe("release", () => {
  it("lifts the agent, its tokens and what was revoked", () => {
    const revoked = after(empty, action("revoke-family", { type: "family", id: "grant-1" })).ledger;
    const { ledger } = after(revoked, action("quarantine", self), ["jti-1"]);
    const lifted = after(ledger, action("release", self));
    expect(targets(lifted.denials).toSorted()).toEqual([
      "-agent:billing-agent",
      "-family:grant-1",
      "-token:jti-1",
    ]);
    expect(lifted.ledger).toEqual(empty);
  });
  it("lifts the agent even if nothing is known to be denied", () => {
    expect(targets(after(empty, action("release", self)).denials)).toEqual(["-agent:billing-agent"]);
  });
});

describe("an action that has no effect", () => {
  it("is simulated in dry-run", () => {
    const dry = action("quarantine", self, HOUR_MS, { mode: "dry-run" });
    expect(after(empty, dry, ["jti-1"])).toEqual({ ledger: empty, denials: [], result: "simulated" });
  });
  it("fails when its time is over before it is carried out", () => {
    expect(after(empty, action("quarantine", self, 0))).toMatchObject({ denials: [], result: "failed" });
    const endless: Action = { ...action("quarantine", self), expiresAt: undefined } as unknown as Action;
    expect(after(empty, endless)).toMatchObject({ denials: [], result: "failed" });
  });
});
