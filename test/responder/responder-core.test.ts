/** The pure core: given a state, when something arrives, then this follows, or nothing does. */

import { describe, expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import { type Action, type ActionOutcome, Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { AgentId } from "../../schemas/ids.ts";
import { memoryStore } from "../../services/adapters/memory.ts";
import { onDecision } from "../../services/responder/on-decision.ts";
import { onFinding, wouldAct } from "../../services/responder/on-finding.ts";
import { onOutcome } from "../../services/responder/on-outcome.ts";
import {
  type AgentState,
  dropped,
  MAX_INCIDENTS,
  newAgent,
  type ResponderContext,
  type StateChange,
} from "../../services/responder/state.ts";
import { fold } from "../../services/responder/turn.ts";
import { AGENT, decision, finding, MINUTE_MS, misuse, NOW_MS, settings, TENANT } from "./given.ts";

const context = (change: Partial<ResponderContext> = {}): ResponderContext => ({
  settings: settings(),
  causes: CAUSES,
  nowMs: NOW_MS,
  capped: false,
  ...change,
});
const given = () => newAgent(TENANT, AGENT);
const after = (findings: readonly Finding[], so: ResponderContext, state = given()): StateChange =>
  findings.reduce<StateChange>((step, one) => onFinding(step.state, one, so), {
    state,
    actions: [],
    audit: [],
  });
const only = (state: AgentState): Incident => Incident.parse(state.tracked[0]?.incident);
const heldBy = (state: AgentState) => only(state).proposed.map((one) => one.heldBy);

function outcomeOf({ id, tenant, agent, incident, kind, target }: Action, result: ActionOutcome["result"]) {
  const time = new Date(NOW_MS).toISOString();
  return {
    action: id,
    tenant,
    agent,
    ...(incident && { incident }),
    kind,
    target,
    result,
    point: "gate",
    time,
  };
}

describe("incidents", () => {
  it("gathers the findings of one agent and cause in one incident", () => {
    const { state } = after([finding(1), finding(2, { severity: "critical" })], context());
    expect(state.tracked).toHaveLength(1);
    expect(only(state)).toMatchObject({ cause: "left-its-graph", severity: "critical", findingCount: 2 });
  });
  it("keeps causes apart, and takes an unknown detector as a cause of its own", () => {
    const { state } = after([finding(1), misuse(2), finding(3, { detector: "constructor" })], context());
    expect(state.tracked.map((one) => one.incident.cause)).toEqual([
      "left-its-graph",
      "token-misuse",
      "constructor",
    ]);
  });
  it("changes nothing when the same finding comes again", () => {
    const { state } = after([finding(1)], context());
    expect(onFinding(state, finding(1), context())).toEqual({ state, actions: [], audit: [] });
  });
  it("opens a new incident after the old one was closed", () => {
    const first = after([finding(1)], context()).state;
    const closed = onDecision(first, decision("close", { incident: only(first).id }), context()).state;
    const { state } = after([finding(2)], context(), closed);
    expect(state.tracked.map((one) => one.incident.status)).toEqual(["closed", "open"]);
  });
  it("keeps a bounded number of incidents and of findings in each", () => {
    const many = Array.from({ length: 150 }, (_, number) => finding(number));
    expect(only(after(many, context()).state)).toMatchObject({ findingCount: 150 });
    const causes = Array.from({ length: 30 }, (_, number) =>
      finding(number, { detector: `detector-${number}` }),
    );
    const { state } = after(causes, context());
    expect(state.tracked).toHaveLength(MAX_INCIDENTS);
    expect(state.tracked.at(-1)?.incident.cause).toBe("detector-29");
  });
  it("lets a closed one go first, then a released one, then the oldest", () => {
    const of = (numbers: readonly number[]) =>
      numbers.map((number) => finding(number, { detector: `detector-${number}` }));
    const statuses = new Map([
      ["detector-4", "released"],
      ["detector-7", "closed"],
    ]);
    const { state } = after(of(Array.from({ length: MAX_INCIDENTS }, (_, number) => number)), context());
    const tracked = state.tracked.map((one) => {
      const status = statuses.get(one.incident.cause) ?? "open";
      return { ...one, incident: Incident.parse({ ...one.incident, status }) };
    });
    let so: AgentState = { ...state, tracked };
    const gone = [100, 101, 102].flatMap((number) => {
      const next = after(of([number]), context(), so).state;
      const told = dropped(so, next);
      so = next;
      return told;
    });
    expect(gone).toMatchObject([{ status: "closed" }, { status: "released" }, { status: "open" }]);
    expect(gone[2]).toMatchObject({ incident: tracked[0]?.incident.id });
  });
  it("tells the audit log of one that had to make room, and else of none", async () => {
    const told = async (count: number) => {
      const records = Array.from({ length: count }, (_, position) => ({
        from: "findings" as const,
        position,
        value: finding(position, { detector: `detector-${position}` }),
      }));
      const { audit } = await fold(records, {
        causes: CAUSES,
        store: memoryStore(),
        partition: 0,
        bucket: async () => true,
        rolloutOf: async () => undefined,
        settings: settings(),
        nowMs: NOW_MS,
      });
      return audit.filter(({ what }) => what === "incident.dropped");
    };
    expect(await told(MAX_INCIDENTS)).toEqual([]);
    expect(await told(MAX_INCIDENTS + 1)).toMatchObject([{ agent: AGENT, status: "open" }]);
  });
});

describe("a playbook step in enforce", () => {
  it("asks for a quarantine with an expiry and an inverse, after writing it down", () => {
    const { actions, audit } = after([finding(1)], context());
    expect(actions).toEqual([
      expect.objectContaining({ kind: "quarantine", mode: "enforce", occurrence: 0, inverse: "release" }),
    ]);
    expect(actions[0]?.expiresAt).toBe(new Date(NOW_MS + 60 * MINUTE_MS).toISOString());
    expect(audit.map((one) => one.what)).toEqual(["incident.opened", "action.asked"]);
  });
  it("asks once while the denial lasts, and again when it is over", () => {
    const { state } = after([finding(1)], context());
    expect(after([finding(2)], context(), state).actions).toEqual([]);
    const later = NOW_MS + 61 * MINUTE_MS;
    const again = finding(3, { time: new Date(later).toISOString() });
    expect(after([again], context({ nowMs: later }), state).actions).toMatchObject([{ occurrence: 1 }]);
  });
  it("asks for a token by each name that a gate may see", () => {
    const { actions } = after([misuse(1)], context({ settings: settings({ do: "revoke-token" }) }));
    expect(actions.map((one) => one.target.id)).toEqual(["jti-1", "k1:0123456789abcdef"]);
    expect(new Set(actions.map((one) => one.id)).size).toBe(2);
  });
  it("does nothing for a step that the finding does not match, or a token that nobody knows", () => {
    const low = finding(1, { severity: "low" });
    expect(after([low], context()).actions).toEqual([]);
    const steps = [
      { when: { detectors: ["token-reuse"] } },
      { when: { kinds: ["other"] } },
      { when: { evidence: ["invariant"] } },
    ];
    for (const step of steps)
      expect(after([finding(1)], context({ settings: settings(step) })).actions).toEqual([]);
    const revoke = context({ settings: settings({ do: "revoke-family" }) });
    expect(after([misuse(1)], revoke).state.tracked[0]?.incident.proposed).toEqual([]);
  });
});

describe("what holds a step back", () => {
  const late = finding(1, { time: new Date(NOW_MS - 11 * MINUTE_MS).toISOString() });
  const cases = [
    ["observe", { settings: settings({ mode: "observe" }) }, finding(1)],
    ["approval", { settings: settings({ mode: "approve" }) }, finding(1)],
    ["evidence", { settings: settings({ do: "revoke-token" }) }, misuse(1, { evidenceKind: "fact" })],
    ["protected", { settings: settings({}, { protected: [AGENT] }) }, finding(1)],
    ["age", {}, late],
    ["cap", { capped: true }, finding(1)],
  ] as const;
  it.each(cases)("%s is named in the incident, and nothing is asked", (guard, change, arrived) => {
    const { state, actions, audit } = after([arrived], context(change));
    expect(actions).toEqual([]);
    expect(new Set(heldBy(state))).toEqual(new Set([guard]));
    expect(audit).toContainEqual(expect.objectContaining({ what: "action.held", by: guard }));
  });
  it("is audited once while it stays the same, and no longer proposed once it is asked for", () => {
    const capped = after([finding(1)], context({ capped: true }));
    const again = after([finding(2)], context({ capped: true }), capped.state);
    expect(again.audit).toEqual([]);
    const free = after([finding(3)], context(), again.state);
    expect(free.actions).toHaveLength(1);
    expect(heldBy(free.state)).toEqual([]);
  });
  it("asks the bucket only for a step that would act now", () => {
    expect(wouldAct(given(), finding(1), context())).toBe(true);
    expect(wouldAct(given(), late, context())).toBe(false);
    expect(wouldAct(given(), finding(1), context({ settings: settings({ mode: "dry-run" }) }))).toBe(false);
    expect(wouldAct(after([finding(1)], context()).state, finding(2), context())).toBe(false);
  });
});

describe("dry-run", () => {
  it("goes through the motions with an action that says so", () => {
    const { actions } = after(
      [finding(1)],
      context({ settings: settings({ mode: "dry-run" }), capped: true }),
    );
    expect(actions).toMatchObject([{ mode: "dry-run" }]);
  });
});

describe("a person's decision", () => {
  const waiting = context({ settings: settings({ mode: "approve" }) });
  it("approve turns the proposals into actions, once", () => {
    const { state } = after([finding(1)], waiting);
    const approve = decision("approve", { incident: only(state).id });
    const step = onDecision(state, approve, waiting);
    expect(step.actions).toMatchObject([{ kind: "quarantine", mode: "enforce", incident: only(state).id }]);
    expect(onDecision(step.state, approve, waiting).actions).toEqual([]);
  });
  it.each([
    ["observe", settings({ mode: "observe" }), finding(1)],
    ["protected", settings({}, { protected: [AGENT] }), finding(1)],
    ["evidence", settings({ do: "revoke-token" }), misuse(1, { evidenceKind: "fact" })],
  ])("approve does not lift what was held by %s", (_guard, set, arrived) => {
    const { state } = after([arrived], context({ settings: set }));
    const approve = decision("approve", { incident: only(state).id });
    expect(onDecision(state, approve, context({ settings: set })).actions).toEqual([]);
  });
  it("reject settles the proposals, and they are not made again at once", () => {
    const { state } = after([finding(1)], waiting);
    const rejected = onDecision(state, decision("reject", { incident: only(state).id }), waiting);
    expect(rejected.actions).toEqual([]);
    expect(heldBy(after([finding(2)], waiting, rejected.state).state)).toEqual([]);
  });
  it("quarantine acts at once, even on a protected agent, and each decision is an action of its own", () => {
    const guarded = context({ settings: settings({}, { protected: [AGENT] }) });
    const first = onDecision(given(), decision("quarantine", { durationMs: 5000 }), guarded).actions[0];
    expect(first).toMatchObject({ step: "manual", expiresAt: new Date(NOW_MS + 5000).toISOString() });
    const another = decision("quarantine", { id: "d-another" as ReturnType<typeof decision>["id"] });
    expect(onDecision(given(), another, guarded).actions[0]?.id).not.toBe(first?.id);
  });
  it("release lifts, and the step may be asked again for what happens after it, but not for what came before", () => {
    const contained = after([finding(1)], context()).state;
    const step = onDecision(contained, decision("release"), context());
    expect(step.actions).toMatchObject([{ kind: "release", target: { type: "agent", id: AGENT } }]);
    expect(step.actions[0]).not.toHaveProperty("expiresAt");
    expect(only(step.state).status).toBe("released");
    expect(heldBy(after([finding(2)], context(), step.state).state)).toEqual(["released"]);
    const fresh = finding(3, { time: new Date(NOW_MS + 1000).toISOString() });
    const reopened = after([fresh], context(), step.state);
    expect(reopened.actions).toMatchObject([{ occurrence: 1 }]);
    expect(only(reopened.state).status).toBe("open");
  });
  it("about what was learned is written down and does nothing here", () => {
    const state = after([finding(1)], context()).state;
    const said = decision("release-session", { subject: "f-1" });
    const step = onDecision(state, said, context());
    expect(step).toEqual({ state, actions: [], audit: [{ what: "decision.made", decision: said }] });
  });
  it("about an unknown incident is written down and does nothing", () => {
    const unknown = decision("approve", { agent: "stranger" as AgentId });
    const step = onDecision(given(), unknown, context());
    expect(step).toEqual({
      state: given(),
      actions: [],
      audit: [{ what: "decision.made", decision: unknown }],
    });
  });
});

describe("an outcome", () => {
  const { state, actions } = after([finding(1)], context());
  const [action] = actions as [Action];
  it("that is confirmed contains the incident", () => {
    expect(only(onOutcome(state, outcomeOf(action, "confirmed"), context()).state).status).toBe("contained");
  });
  it.each(["pending", "simulated"] as const)("that is %s is only written down", (result) => {
    const step = onOutcome(state, outcomeOf(action, result), context());
    expect(only(step.state)).toEqual({ ...only(state), actions: [expect.objectContaining({ result })] });
    expect(step.audit).toHaveLength(1);
  });
  it("that is of an action which no incident lists changes none", () => {
    const stranger = { ...action, id: "a-stranger" as Action["id"] };
    expect(onOutcome(state, outcomeOf(stranger, "pending"), context()).state).toEqual(state);
  });
  it("that failed lets the next finding ask again", () => {
    const failed = onOutcome(state, outcomeOf(action, "failed"), context()).state;
    expect(after([finding(2)], context(), failed).actions).toMatchObject([{ occurrence: 1 }]);
  });
  it("that arrives after the release does not contain again", () => {
    const released = onDecision(state, decision("release"), context()).state;
    expect(only(onOutcome(released, outcomeOf(action, "confirmed"), context()).state).status).toBe(
      "released",
    );
  });
});
