/** A person's word: quarantine and release act at once, approve and reject settle proposals, close ends an incident. */

import {
  type Action,
  type Decision,
  type Incident,
  type IncidentAction,
  targetKey,
} from "../../schemas/action.ts";
import { isoTime } from "../../schemas/ids.ts";
import { ask, type IncidentStep, turnDown } from "./asking.ts";
import { isApprovable } from "./playbook.ts";
import {
  type AgentState,
  actionIdOf,
  type ResponderContext,
  type StateChange,
  type Tracked,
  withAction,
  withTracked,
} from "./state.ts";

const DEFAULT_QUARANTINE_MS = 3_600_000;

/** Every decision is audited, also one about an incident that is not known. */
export function onDecision(state: AgentState, decision: Decision, context: ResponderContext): StateChange {
  const step = decided(state, decision, context);
  return { ...step, audit: [{ what: "decision.made", decision }, ...step.audit] };
}

function decided(state: AgentState, decision: Decision, context: ResponderContext): StateChange {
  const { verdict } = decision;
  if (verdict === "quarantine") return manual(state, quarantine(decision, context.nowMs));
  if (verdict === "release") return manual(released(state, context.nowMs), release(decision, context.nowMs));
  const tracked = state.tracked.find(({ incident }) => incident.id === decision.incident);
  if (tracked === undefined) return { state, actions: [], audit: [] };
  if (verdict === "approve") return approve(state, tracked, decision, context);
  const settled = verdict === "reject" ? reject(tracked, context.nowMs) : close(tracked);
  return { state: withTracked(state, touch(settled, context.nowMs)), actions: [], audit: [] };
}

/** It concerns every incident of the agent that is not closed, so each of them lists it. */
const manual = (state: AgentState, action: Action): StateChange => ({
  state: { ...state, tracked: state.tracked.map((one) => listing(one, action)) },
  actions: [action],
  audit: [{ what: "action.asked", action }],
});

const listing = (tracked: Tracked, action: Action): Tracked =>
  tracked.incident.status === "closed"
    ? tracked
    : withIncident(tracked, { actions: withAction(tracked.incident, action) });

/** The decision's id takes the incident's place, so that a second quarantine extends the first. */
function manualAction(decision: Decision, kind: "quarantine" | "release", nowMs: number): Action {
  const { id, tenant, agent, incident, reason } = decision;
  const target = { type: "agent", id: agent } as const;
  return {
    id: actionIdOf(id, "manual", targetKey(tenant, target), 0),
    kind,
    tenant,
    agent,
    target,
    ...(incident && { incident }),
    step: "manual",
    occurrence: 0,
    mode: "enforce",
    requestedAt: isoTime(nowMs),
    reason,
  };
}

const release = (decision: Decision, nowMs: number) => manualAction(decision, "release", nowMs);

function quarantine(decision: Decision, nowMs: number): Action {
  const expiresAt = isoTime(nowMs + (decision.durationMs ?? DEFAULT_QUARANTINE_MS));
  return { ...manualAction(decision, "quarantine", nowMs), expiresAt, inverse: "release" };
}

/** From now on every step may be asked again, but only for what happens after this. */
function released(state: AgentState, nowMs: number): AgentState {
  return { ...state, releasedAtMs: nowMs, tracked: state.tracked.map((one) => letGo(one, nowMs)) };
}

function letGo(tracked: Tracked, nowMs: number): Tracked {
  if (tracked.incident.status === "closed") return tracked;
  const asked = tracked.asked.map((one) => ({ ...one, untilMs: 0 }));
  const actions = tracked.incident.actions.map((action) => ended(action, nowMs));
  return touch(withIncident({ ...tracked, asked }, { status: "released", actions, proposed: [] }), nowMs);
}

/** What is over already, or was released before, stays as it is. */
function ended(action: IncidentAction, nowMs: number): IncidentAction {
  const holds = action.expiresAt !== undefined && Date.parse(action.expiresAt) > nowMs;
  return holds && action.releasedAt === undefined ? { ...action, releasedAt: isoTime(nowMs) } : action;
}

function approve(
  state: AgentState,
  tracked: Tracked,
  decision: Decision,
  context: ResponderContext,
): StateChange {
  const reason = `approved by ${decision.by}: ${decision.reason}`;
  const course = tracked.incident.proposed
    .filter((proposal) => isApprovable(proposal, state, context))
    .reduce<IncidentStep>((so, proposal) => ask(so, proposal, reason, context.nowMs), {
      tracked: touch(tracked, context.nowMs),
      actions: [],
      audit: [],
    });
  return { state: withTracked(state, course.tracked), actions: course.actions, audit: course.audit };
}

const reject = (tracked: Tracked, nowMs: number): Tracked =>
  tracked.incident.proposed.reduce((so, proposal) => turnDown(so, proposal, nowMs), tracked);

const close = (tracked: Tracked): Tracked => withIncident(tracked, { status: "closed", proposed: [] });

const touch = (tracked: Tracked, nowMs: number) => withIncident(tracked, { updatedAt: isoTime(nowMs) });

const withIncident = (tracked: Tracked, change: Partial<Incident>): Tracked => ({
  ...tracked,
  incident: { ...tracked.incident, ...change },
});
