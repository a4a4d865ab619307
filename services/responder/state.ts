/** What the responder knows of one agent, and what one step answers. Values only: no I/O and no clock. */
import { createHash } from "node:crypto";
import type {
  Action,
  ActionOutcome,
  Decision,
  Guard,
  Incident,
  IncidentAction,
  Target,
} from "../../schemas/action.ts";
import { targetKey } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { ActionId, type AgentId, IncidentId, type Tenant } from "../../schemas/ids.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { RunningRollout } from "./group-rollout.ts";

/** Most incidents that are kept of one agent; beyond it the oldest closed one goes, then the oldest released one, then the oldest. */
export const MAX_INCIDENTS = 20;
/** Most findings, actions, proposals and asked steps that an incident lists; the newest stay. */
export const MAX_LISTED = 100;

/** A playbook step that was asked of a target. It is not asked again before `untilMs`, wall clock. */
export interface AskedStep {
  readonly action: ActionId;
  readonly step: string;
  readonly target: string;
  readonly occurrence: number;
  readonly untilMs: number;
}

/** An incident, and what was asked for because of it. */
export interface Tracked {
  readonly incident: Incident;
  readonly asked: readonly AskedStep[];
  /** W3C `traceparent` of what has opened it: a person who decides about it later goes on with the same trace. */
  readonly trace?: string | undefined;
}

/** What is stored of one agent. */
export interface AgentState {
  readonly tenant: Tenant;
  readonly agent: AgentId;
  /** Wall clock of the last release; what happened before it condemns nobody any more. 0: never. */
  readonly releasedAtMs: number;
  readonly tracked: readonly Tracked[];
}

/** What a step may know beside state and input. */
export interface ResponderContext {
  readonly settings: Pick<Settings, "playbook" | "responder">;
  /** What each detector declares as the cause of its incidents. */
  readonly causes: ReadonlyMap<string, string>;
  /** Wall clock. */
  readonly nowMs: number;
  /** True if the tenant's bucket of automatic actions is empty. */
  readonly capped: boolean;
  /** The roll-out that the finding in hand is part of; undefined if it is of none. */
  readonly rollout?: RunningRollout | undefined;
  /** W3C `traceparent` of this step. */
  readonly trace?: string | undefined;
}

/** What goes into the audit log. */
export type AuditRecord =
  | {
      readonly what: "incident.opened";
      readonly tenant: Tenant;
      readonly agent: AgentId;
      readonly incident: IncidentId;
      readonly finding: Finding["id"];
    }
  | {
      /** There was no room for it any more, whether or not it was closed. */
      readonly what: "incident.dropped";
      readonly tenant: Tenant;
      readonly agent: AgentId;
      readonly incident: IncidentId;
      readonly status: Incident["status"];
    }
  | { readonly what: "action.asked"; readonly action: Action }
  | {
      readonly what: "finding.attached";
      readonly tenant: Tenant;
      readonly agent: AgentId;
      readonly incident: IncidentId;
      readonly finding: Finding["id"];
    }
  | {
      readonly what: "action.held";
      readonly tenant: Tenant;
      readonly agent: AgentId;
      readonly incident: IncidentId;
      readonly step: string;
      readonly target: Target;
      readonly by: Guard;
    }
  | { readonly what: "decision.made"; readonly decision: Decision }
  | { readonly what: "outcome.recorded"; readonly outcome: ActionOutcome };

/** What one record changes, and what is to be sent and written down for it. */
export interface StateChange {
  readonly state: AgentState;
  readonly actions: readonly Action[];
  readonly audit: readonly AuditRecord[];
}

/** An agent that nothing is known of. */
export const newAgent = (tenant: Tenant, agent: AgentId): AgentState => ({
  tenant,
  agent,
  releasedAtMs: 0,
  tracked: [],
});

const digest = (...parts: readonly (string | number)[]) =>
  createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);

/** Id of the incident that a finding opens. */
export const incidentIdOf = ({ tenant, agent, id }: Finding, cause: string) =>
  IncidentId.parse(`i-${digest(tenant, agent, cause, id)}`);

/** Id of an action; `because` is the incident, or the decision of a person. */
export const actionIdOf = (because: string, step: string, target: string, occurrence: number) =>
  ActionId.parse(`a-${digest(because, step, target, occurrence)}`);

/** What was asked of a target by a step in this incident, if it was ever. */
export function askedOf({ incident, asked }: Tracked, step: string, target: Target): AskedStep | undefined {
  const key = targetKey(incident.tenant, target);
  return asked.find((entry) => entry.step === step && entry.target === key);
}

/** An incident's actions with one more, of which nothing has come yet. */
export function withAction(incident: Incident, action: Action): IncidentAction[] {
  const { id, kind, target, step, mode, requestedAt, expiresAt } = action;
  const listed = { id, kind, target, step, mode, requestedAt, ...(expiresAt && { expiresAt }) };
  return [...incident.actions, { ...listed, result: "pending" as const }].slice(-MAX_LISTED);
}

/** Puts one incident in its place and keeps the number of incidents bounded. */
export function withTracked(state: AgentState, changed: Tracked): AgentState {
  const others = state.tracked.filter(({ incident }) => incident.id !== changed.incident.id);
  const oldest = (status: Incident["status"]) => others.find(({ incident }) => incident.status === status);
  const spare = oldest("closed") ?? oldest("released") ?? others[0];
  const kept = others.length < MAX_INCIDENTS ? others : others.filter((one) => one !== spare);
  return { ...state, tracked: [...kept, changed] };
}

/** What is told of incidents that had to make room for others. */
export function dropped(before: AgentState, after: AgentState): AuditRecord[] {
  const kept = new Set(after.tracked.map(({ incident }) => incident.id));
  return before.tracked.flatMap(({ incident: { id: incident, tenant, agent, status } }) =>
    kept.has(incident) ? [] : [{ what: "incident.dropped" as const, tenant, agent, incident, status }],
  );
}
