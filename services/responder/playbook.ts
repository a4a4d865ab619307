/** Which playbook steps a finding calls for, of which targets, and what holds each back. */
import type { Guard, Proposal, Target } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { isAtLeast } from "../../schemas/ids.ts";
import type { PlaybookStep } from "../../schemas/settings.ts";
import { type AgentState, askedOf, type ResponderContext, type Tracked } from "./state.ts";

/** A step with its target; `heldBy` is undefined if nothing stands in its way. */
export interface PlannedAction extends Omit<Proposal, "heldBy"> {
  readonly heldBy: Guard | undefined;
}

/** Guards that a person's approval does not lift: what may not revoke, and whom no playbook may act on. */
const FIRM: ReadonlySet<Guard> = new Set(["observe", "evidence", "protected"]);

/** Why a finding's incident exists: incidents are gathered by cause, and a detector that declares none is one of its own. */
export const causeOf = ({ detector }: Finding, causes: ResponderContext["causes"]): string =>
  causes.get(detector) ?? detector;

/** Everything that the playbook says about a finding, in the playbook's order. */
export function plannedActions(
  finding: Finding,
  state: AgentState,
  context: ResponderContext,
): PlannedAction[] {
  return context.settings.playbook
    .filter((step) => matches(step, finding))
    .flatMap((step) => {
      const heldBy = guardOf(step, finding, state, context);
      const { name, do: kind, mode, durationMs } = step;
      return targetsOf(step, finding).map((target) => ({
        step: name,
        kind,
        target,
        mode,
        durationMs,
        heldBy,
      }));
    });
}

/** True while a step that was asked of this target still holds, so that asking again would be a repeat. */
export function isAsked(tracked: Tracked, { step, target }: PlannedAction, nowMs: number): boolean {
  const asked = askedOf(tracked, step, target);
  return asked !== undefined && nowMs < asked.untilMs;
}

/** True if a person's approval is enough for it. */
export const isApprovable = (
  proposal: Proposal,
  state: AgentState,
  { settings }: ResponderContext,
): boolean => !FIRM.has(proposal.heldBy) && !settings.responder.protected.includes(state.agent);

function matches({ when }: PlaybookStep, finding: Finding): boolean {
  if (!isAtLeast(finding.severity, when.minSeverity)) return false;
  if (when.detectors && !when.detectors.includes(finding.detector)) return false;
  if (when.kinds && !when.kinds.includes(finding.kind)) return false;
  return when.evidence === undefined || when.evidence.includes(finding.evidenceKind);
}

/** A token is known by its public id, its hash or both; a gate may see either, so both are asked for. */
function targetsOf(step: PlaybookStep, { agent, token }: Finding): Target[] {
  if (step.do === "quarantine") return [{ type: "agent", id: agent }];
  const type = step.do === "revoke-token" ? "token" : "family";
  const ids = type === "token" ? [token?.publicId, token?.hash] : [token?.family];
  return ids.filter((id) => id !== undefined).map((id) => ({ type, id }));
}

/** The first reason not to act; those that a person cannot lift come first. */
function guardOf(
  step: PlaybookStep,
  finding: Finding,
  state: AgentState,
  { settings, nowMs, capped }: ResponderContext,
): Guard | undefined {
  const happenedAtMs = Date.parse(finding.time);
  if (step.do !== "quarantine" && finding.evidenceKind !== "invariant") return "evidence";
  if (settings.responder.protected.includes(finding.agent)) return "protected";
  if (step.mode === "observe") return "observe";
  if (happenedAtMs < state.releasedAtMs) return "released";
  if (nowMs - happenedAtMs > settings.responder.maxAgeMs) return "age";
  if (step.mode === "approve") return "approval";
  return capped && step.mode === "enforce" ? "cap" : undefined;
}
