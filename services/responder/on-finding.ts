/** A finding joins the incident of its agent and cause, or opens one, and the playbook is followed. */
import type { Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { isAtLeast, isoTime } from "../../schemas/ids.ts";
import { ask, type IncidentStep, propose } from "./asking.ts";
import { onRollout } from "./on-rollout.ts";
import { causeOf, isAsked, type PlannedAction, plannedActions } from "./playbook.ts";
import {
  type AgentState,
  incidentIdOf,
  MAX_LISTED,
  type ResponderContext,
  type StateChange,
  type Tracked,
  withTracked,
} from "./state.ts";

/** A finding that is already in its incident changes nothing. */
export function onFinding(state: AgentState, finding: Finding, context: ResponderContext): StateChange {
  if (context.rollout) return onRollout(state, finding, context.rollout, context.nowMs);
  const before = incidentFor(state, finding, context);
  if (before?.incident.findings.includes(finding.id)) return { state, actions: [], audit: [] };
  const tracked = gather(before ?? opened(finding, context), finding, context.nowMs);
  const { id: incident, tenant, agent } = tracked.incident;
  const first: IncidentStep = {
    tracked,
    actions: [],
    audit: before ? [] : [{ what: "incident.opened", tenant, agent, incident, finding: finding.id }],
  };
  const course = plannedActions(finding, state, context).reduce(
    (so, plan) => follow(so, plan, finding, context.nowMs),
    first,
  );
  return { state: withTracked(state, course.tracked), actions: course.actions, audit: course.audit };
}

/** True if the playbook would act by itself, so that the tenant's bucket has to be asked first. */
export function wouldAct(state: AgentState, finding: Finding, context: ResponderContext): boolean {
  const tracked = incidentFor(state, finding, context) ?? opened(finding, context);
  return plannedActions(finding, state, { ...context, capped: false }).some(
    (plan) => plan.mode === "enforce" && plan.heldBy === undefined && !isAsked(tracked, plan, context.nowMs),
  );
}

function follow(course: IncidentStep, plan: PlannedAction, finding: Finding, nowMs: number): IncidentStep {
  if (isAsked(course.tracked, plan, nowMs)) return course;
  const { heldBy } = plan;
  if (heldBy === undefined) return ask(course, plan, finding.summary, nowMs);
  return propose(course, { ...plan, heldBy });
}

function incidentFor(state: AgentState, finding: Finding, { causes }: ResponderContext): Tracked | undefined {
  const cause = causeOf(finding, causes);
  return state.tracked.find(({ incident }) => incident.cause === cause && incident.status !== "closed");
}

function opened(finding: Finding, { causes, nowMs, trace }: ResponderContext): Tracked {
  const cause = causeOf(finding, causes);
  const { tenant, agent, severity, summary } = finding;
  const incident: Incident = {
    id: incidentIdOf(finding, cause),
    tenant,
    agent,
    cause,
    status: "open",
    severity,
    openedAt: isoTime(nowMs),
    updatedAt: isoTime(nowMs),
    findings: [],
    findingCount: 0,
    summary,
    actions: [],
    proposed: [],
  };
  return { incident, asked: [], ...(trace && { trace }) };
}

/** The newest of the gravest findings gives the incident its severity and its sentence. */
function gather(tracked: Tracked, finding: Finding, nowMs: number): Tracked {
  const { incident } = tracked;
  const graver = isAtLeast(finding.severity, incident.severity);
  const { severity, summary } = graver ? finding : incident;
  const status = incident.status === "released" ? "open" : incident.status;
  const findings = [...incident.findings, finding.id].slice(-MAX_LISTED);
  const findingCount = incident.findingCount + 1;
  const updatedAt = isoTime(nowMs);
  return {
    ...tracked,
    incident: { ...incident, severity, summary, status, findings, findingCount, updatedAt },
  };
}
