/** What an incident says of its actions. */
import { describe, expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import type { Action, ActionOutcome, Incident } from "../../schemas/action.ts";
import { memoryStore } from "../../services/adapters/memory.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { toBytes } from "../../services/records.ts";
import { incidentsOf } from "../../services/responder/index.ts";
import { onDecision } from "../../services/responder/on-decision.ts";
import { onFinding } from "../../services/responder/on-finding.ts";
import { onOutcome } from "../../services/responder/on-outcome.ts";
import { type AgentState, newAgent } from "../../services/responder/state.ts";
import { AGENT, decision, finding, MINUTE_MS, NOW_MS, settings, TENANT } from "./given.ts";

const context = { settings: settings(), causes: CAUSES, nowMs: NOW_MS, capped: false };
const at = (afterMs: number) => new Date(NOW_MS + afterMs).toISOString();
const { state, actions } = onFinding(newAgent(TENANT, AGENT), finding(1), context);
const [action] = actions as [Action];
const of = (one: AgentState) => one.tracked[0]?.incident.actions;
const listed = {
  id: action.id,
  kind: "quarantine",
  target: { type: "agent", id: AGENT },
  step: "stop",
  mode: "enforce",
  requestedAt: at(0),
  expiresAt: at(60 * MINUTE_MS),
};
const outcome = (result: ActionOutcome["result"], detail?: string): ActionOutcome => ({
  action: action.id,
  tenant: TENANT,
  agent: AGENT,
  kind: "quarantine",
  target: action.target,
  result,
  point: "gate",
  time: at(50),
  ...(detail && { detail }),
});

describe("an action in its incident", () => {
  it("is pending when it was asked for, and then what came of it", () => {
    expect(of(state)).toEqual([{ ...listed, result: "pending" }]);
    const failed = onOutcome(state, outcome("failed", "it was over before it began"), context).state;
    expect(of(failed)).toEqual([
      { ...listed, result: "failed", resultAt: at(50), detail: "it was over before it began" },
    ]);
  });

  it("is released when a person releases the agent, and the release is listed too", () => {
    const confirmed = onOutcome(state, outcome("confirmed"), context).state;
    const later = { ...context, nowMs: NOW_MS + MINUTE_MS };
    const released = onDecision(confirmed, decision("release"), later).state;
    expect(of(released)).toMatchObject([
      { result: "confirmed", resultAt: at(50), releasedAt: at(MINUTE_MS) },
      { kind: "release", step: "manual", result: "pending" },
    ]);
  });

  it("is not released when it was over before", () => {
    const later = { ...context, nowMs: NOW_MS + 61 * MINUTE_MS };
    const [first] = of(onDecision(state, decision("release"), later).state) ?? [];
    expect(first).toEqual({ ...listed, result: "pending" });
  });

  it("that a person asked for is listed where an incident is open, and not where it is closed", () => {
    const by = (one: AgentState) => of(onDecision(one, decision("quarantine"), context).state);
    expect(by(state)).toMatchObject([{ step: "stop" }, { step: "manual", kind: "quarantine" }]);
    const incident = state.tracked[0]?.incident.id as Incident["id"];
    expect(by(onDecision(state, decision("close", { incident }), context).state)).toHaveLength(1);
  });
});

it("an incident of an earlier version, which lists bare ids, is read without them", async () => {
  const store = memoryStore();
  const partition = partitionOf(`${TENANT}/${AGENT}`, 2);
  const [tracked] = state.tracked;
  const old = {
    ...state,
    tracked: [{ ...tracked, incident: { ...tracked?.incident, actions: [action.id] } }],
  };
  const lease = await store.acquire("responder", partition);
  const group = `agent\n${TENANT}\n${AGENT}`;
  await store.commit(lease, [[{ group, entries: new Map([["json", toBytes(old)]]) }]], 1);
  expect(await incidentsOf(store, 2, TENANT, AGENT)).toEqual([{ ...tracked?.incident, actions: [] }]);
});
