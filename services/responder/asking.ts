/** Asking for an action and proposing one: what both leave behind in the incident and in the audit log. */

import { type Action, type IncidentAction, type Proposal, targetKey } from "../../schemas/action.ts";
import { isoTime } from "../../schemas/ids.ts";
import type { PlannedAction } from "./playbook.ts";
import {
  type AskedStep,
  type AuditRecord,
  actionIdOf,
  askedOf,
  MAX_LISTED,
  type Tracked,
  withAction,
} from "./state.ts";

/** One incident on its way through a step. */
export interface IncidentStep {
  readonly tracked: Tracked;
  readonly actions: readonly Action[];
  readonly audit: readonly AuditRecord[];
}

/** Asks for a step; what was proposed of it before is proposed no longer. */
export function ask(
  course: IncidentStep,
  plan: Omit<PlannedAction, "heldBy">,
  reason: string,
  nowMs: number,
): IncidentStep {
  const { incident } = course.tracked;
  const asked = nextAsked(course.tracked, plan, nowMs);
  const action: Action = {
    id: asked.action,
    kind: plan.kind,
    tenant: incident.tenant,
    agent: incident.agent,
    target: plan.target,
    incident: incident.id,
    step: plan.step,
    occurrence: asked.occurrence,
    mode: plan.mode === "dry-run" ? "dry-run" : "enforce",
    requestedAt: isoTime(nowMs),
    expiresAt: isoTime(asked.untilMs),
    inverse: "release",
    reason,
  };
  return {
    tracked: withAsked(course.tracked, plan, asked, withAction(incident, action)),
    actions: [...course.actions, action],
    audit: [...course.audit, { what: "action.asked", action }],
  };
}

/** Turns a proposal down: it is not made again before its duration has passed. */
export function turnDown(tracked: Tracked, proposal: Proposal, nowMs: number): Tracked {
  return withAsked(tracked, proposal, nextAsked(tracked, proposal, nowMs), tracked.incident.actions);
}

/** Writes a step that was held back into the incident. It is audited once for each thing that holds it back. */
export function propose(course: IncidentStep, proposal: Proposal): IncidentStep {
  const { incident } = course.tracked;
  const before = incident.proposed.find((one) => isSame(one, proposal));
  const others = incident.proposed.filter((one) => one !== before);
  const tracked = {
    ...course.tracked,
    incident: { ...incident, proposed: [...others, proposal].slice(-MAX_LISTED) },
  };
  if (before?.heldBy === proposal.heldBy) return { ...course, tracked };
  const { step, target, heldBy: by } = proposal;
  const { id, tenant, agent } = incident;
  const held = { what: "action.held", tenant, agent, incident: id, step, target, by } as const;
  return { ...course, tracked, audit: [...course.audit, held] };
}

type Named = Pick<Proposal, "step" | "target">;

const isSame = (one: Named, other: Named) =>
  one.step === other.step && targetKey("", one.target) === targetKey("", other.target);

function nextAsked(tracked: Tracked, plan: Omit<PlannedAction, "heldBy">, nowMs: number): AskedStep {
  const { incident } = tracked;
  const target = targetKey(incident.tenant, plan.target);
  const occurrence = (askedOf(tracked, plan.step, plan.target)?.occurrence ?? -1) + 1;
  const action = actionIdOf(incident.id, plan.step, target, occurrence);
  return { action, step: plan.step, target, occurrence, untilMs: nowMs + plan.durationMs };
}

/** The incident with a step asked for, or turned down: in both cases it is no longer proposed. */
function withAsked(tracked: Tracked, plan: Named, asked: AskedStep, actions: IncidentAction[]): Tracked {
  const { incident } = tracked;
  const earlier = askedOf(tracked, plan.step, plan.target);
  return {
    ...tracked,
    incident: { ...incident, actions, proposed: incident.proposed.filter((one) => !isSame(one, plan)) },
    asked: [...tracked.asked.filter((one) => one !== earlier), asked].slice(-MAX_LISTED),
  };
}
