/** A finding that is part of a roll-out: it is gathered with those of the other agents, quietly, and nothing is done. */

import type { Incident, Rollout } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { isoTime } from "../../schemas/ids.ts";
import { ROLLOUT, type RunningRollout } from "./group-rollout.ts";
import { type AgentState, type AuditRecord, MAX_LISTED, type StateChange, withTracked } from "./state.ts";

/** The incident belongs to the agent of the first finding; the others' states are not changed. */
export function onRollout(
  state: AgentState,
  finding: Finding,
  rollout: RunningRollout,
  nowMs: number,
): StateChange {
  const { tenant, agent, id } = finding;
  const before = state.tracked.find(({ incident }) => incident.id === rollout.incident);
  const isNew = before === undefined && rollout.holder === agent;
  const what = isNew ? "incident.opened" : "finding.attached";
  const audit: AuditRecord[] = [{ what, tenant, agent, incident: rollout.incident, finding: id }];
  const incident = isNew ? opened(finding, rollout, nowMs) : before?.incident;
  if (incident === undefined) return { state, actions: [], audit };
  const seen = gathered(incident, rollout, isoTime(nowMs));
  return { state: withTracked(state, { asked: [], ...before, incident: seen }), actions: [], audit };
}

function opened({ tenant, agent }: Finding, { incident: id }: RunningRollout, nowMs: number): Incident {
  const openedAt = isoTime(nowMs);
  return {
    id,
    tenant,
    agent,
    cause: ROLLOUT,
    status: "open",
    severity: "low",
    openedAt,
    updatedAt: openedAt,
    findings: [],
    findingCount: 0,
    summary: "",
    actions: [],
    proposed: [],
  };
}

/** The incident with what is known of the whole roll-out. */
export function gathered(incident: Incident, running: RunningRollout, updatedAt: string): Incident {
  const { severity, findings, findingCount } = running;
  const rollout = asRollout(running);
  const newest = findings.slice(-MAX_LISTED);
  return {
    ...incident,
    severity,
    findings: newest,
    findingCount,
    summary: inWords(rollout),
    rollout,
    updatedAt,
  };
}

/** Without what only the register needs. */
function asRollout({
  group,
  versions,
  parents,
  announced,
  agents,
  edges,
  recognised,
}: RunningRollout): Rollout {
  const lists = { versions, parents, announced, agents, edges, recognised };
  return group === undefined ? lists : { group, ...lists };
}

function inWords({ group, versions, parents, announced, agents, edges, recognised }: Rollout): string {
  const isOne = agents.length === 1;
  const who = `${agents.length} ${isOne ? "agent" : "agents"}${group === undefined ? "" : ` of ${group}`}`;
  const version = `${isOne ? "runs" : "run"} ${few(versions)} instead of ${few(parents)}`;
  const told = announced ? "which was announced" : "which was not announced";
  const together =
    recognised.length === 0 ? "" : ` So many do ${list(recognised)} that no agent is told of alone.`;
  return `${who} ${version}, ${told}. New with it: ${list(edges)}.${together} Nothing is done by itself; \`offgraph baseline approve-rollout\` makes it baseline.`;
}

/** Versions in a sentence. */
const SPOKEN = 3;
const few = (names: readonly string[]) =>
  names.length <= SPOKEN
    ? names.join(", ")
    : `${names.slice(0, SPOKEN).join(", ")} and ${names.length - SPOKEN} others`;

const list = (edges: readonly string[]) => edges.map((edge) => `\`${edge}\``).join(", ");
