/** What came of an action: a confirmed one contains incidents, a failed one may be asked again. */

import type { ActionOutcome, Incident, IncidentAction } from "../../schemas/action.ts";
import { isoTime } from "../../schemas/ids.ts";
import type { AgentState, ResponderContext, StateChange, Tracked } from "./state.ts";

/** Each incident notes what came of its actions; every outcome is audited. */
export function onOutcome(
  state: AgentState,
  outcome: ActionOutcome,
  { nowMs }: ResponderContext,
): StateChange {
  const tracked = state.tracked.map((one) => taken(noted(one, outcome), outcome, nowMs));
  return { state: { ...state, tracked }, actions: [], audit: [{ what: "outcome.recorded", outcome }] };
}

function noted(tracked: Tracked, outcome: ActionOutcome): Tracked {
  const { actions } = tracked.incident;
  if (!actions.some(({ id }) => id === outcome.action)) return tracked;
  return {
    ...tracked,
    incident: { ...tracked.incident, actions: actions.map((one) => answered(one, outcome)) },
  };
}

function answered(
  action: IncidentAction,
  { action: id, result, time, detail }: ActionOutcome,
): IncidentAction {
  return action.id === id ? { ...action, result, resultAt: time, ...(detail && { detail }) } : action;
}

function taken(tracked: Tracked, outcome: ActionOutcome, nowMs: number): Tracked {
  if (outcome.result === "failed") return forgetAsking(tracked, outcome);
  if (outcome.result !== "confirmed") return tracked;
  const status = statusAfter(tracked.incident, outcome);
  if (status === tracked.incident.status) return tracked;
  return { ...tracked, incident: { ...tracked.incident, status, updatedAt: isoTime(nowMs) } };
}

/** A quarantined agent is contained in each of its open incidents; a revoked token only where it was asked for. */
function statusAfter({ id, status }: Incident, { kind, incident }: ActionOutcome): Incident["status"] {
  // Released is said when a person decides it: by the time of this outcome a new finding may have opened it again.
  if (status !== "open" || kind === "release") return status;
  return kind === "quarantine" || id === incident ? "contained" : status;
}

function forgetAsking(tracked: Tracked, { action }: ActionOutcome): Tracked {
  const asked = tracked.asked.map((one) => (one.action === action ? { ...one, untilMs: 0 } : one));
  return { ...tracked, asked };
}
