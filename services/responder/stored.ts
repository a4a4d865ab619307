/**
 * Where one partition of the responder keeps things, and the read access that the API has to it.
 *
 * Groups of the space `responder`: `head` (positions, highest origins, end of the audit chain), `outbox` (see outbox.ts) and `agent <tenant> <agent>` (with line feeds for spaces). Groups of the space `responder-audit`:
 * `audit <sequence>`, one per entry, and `incident <id>`, which names the agent's group. What grows for ever is thus apart
 * from what is scanned. It is committed first and counts once the head says so: what a crash leaves behind beyond the
 * head's sequence is not read, and written over by the next owner.
 */
import type { Incident } from "../../schemas/action.ts";
import type { IncidentId } from "../../schemas/ids.ts";
import type { Highest } from "../../schemas/origin.ts";
import type { Entries, GroupChange, Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import { fromBytes, toBytes } from "../records.ts";
import { type AuditEntry, type AuditHead, NO_ENTRIES } from "./audit.ts";
import type { AgentState } from "./state.ts";

export const SPACE = "responder";
export const AUDIT_SPACE = "responder-audit";
const HEAD = "head";
const AUDIT_PAGE = 500;

export const INPUTS = ["findings", "decisions", "outcomes"] as const;
export type Input = (typeof INPUTS)[number];

export interface Head {
  /** Where to read on in each stream. */
  readonly positions: Readonly<Record<Input, number>>;
  readonly highest: Highest;
  readonly audit: AuditHead;
}

/** Group of an agent's state. */
export const agentGroup = ({ tenant, agent }: { tenant: string; agent: string }) =>
  `agent\n${tenant}\n${agent}`;
const auditGroup = (sequence: number) => `audit\n${sequence}`;
const incidentGroup = (id: IncidentId) => `incident\n${id}`;

const change = (group: string, value: unknown): GroupChange => ({
  group,
  entries: new Map([["json", value === undefined ? undefined : toBytes(value)]]),
});

type States = ReadonlyMap<string, AgentState>;

/** What is added to the audit space, before `changesOf` the same batch. */
export function auditChangesOf(states: States, entries: readonly AuditEntry[]): GroupChange[] {
  const opened = new Set(
    entries.flatMap(({ record }) => (record.what === "incident.opened" ? [record.incident] : [])),
  );
  const places = [...states].flatMap(([group, { tracked }]) =>
    tracked.flatMap(({ incident: { id } }) => (opened.has(id) ? [change(incidentGroup(id), group)] : [])),
  );
  return [...entries.map((entry) => change(auditGroup(entry.sequence), entry)), ...places];
}

/** The changes of one commit; all of them are written, or none. */
export const changesOf = (states: States, head: Head): GroupChange[] => [
  ...[...states].map(([group, state]) => change(group, state)),
  change(HEAD, { ...head, highest: [...head.highest] }),
];

/** The last commit of a partition. */
export async function loadHead(store: Store, partition: number): Promise<Head> {
  const groups = await store.load(SPACE, partition, [HEAD]);
  const saved = fromBytes<Omit<Head, "highest"> & { highest: [] }>(groups.get(HEAD)?.get("json"));
  return saved ? { ...saved, highest: new Map(saved.highest) } : emptyHead();
}

const emptyHead = (): Head => ({
  positions: { findings: 0, decisions: 0, outcomes: 0 },
  highest: new Map(),
  audit: NO_ENTRIES,
});

/** States of the agents that are known, by group. */
export async function loadAgents(
  store: Store,
  partition: number,
  groups: readonly string[],
): Promise<Map<string, AgentState>> {
  const states = new Map<string, AgentState>();
  for (const [group, entries] of await store.load(SPACE, partition, groups)) {
    const state = agentOf(entries);
    if (state !== undefined) states.set(group, state);
  }
  return states;
}

/** Version 0.1 listed bare ids of actions, of which nothing can be told any more; the audit log has them. */
function agentOf(entries: Entries): AgentState | undefined {
  const state = fromBytes<AgentState>(entries.get("json"));
  const tracked = state?.tracked.map((one) => {
    const actions = one.incident.actions.filter((action) => typeof action === "object");
    return { ...one, incident: { ...one.incident, actions } };
  });
  return state && tracked && { ...state, tracked };
}

/** Every incident, in no particular order. */
export async function* incidents(store: Store, partitions: number): AsyncGenerator<Incident> {
  for (let partition = 0; partition < partitions; partition++) {
    for await (const [group, entries] of store.scan(SPACE, partition)) {
      if (!group.startsWith("agent\n")) continue;
      for (const { incident } of agentOf(entries)?.tracked ?? []) yield incident;
    }
  }
}

/** One incident by its id; asks each partition for the agent's group. */
export async function incidentOf(
  store: Store,
  partitions: number,
  id: IncidentId,
): Promise<Incident | undefined> {
  for (let partition = 0; partition < partitions; partition++) {
    const group = await placeOf(store, partition, id);
    const states = await loadAgents(store, partition, group === undefined ? [] : [group]);
    for (const { tracked } of states.values())
      for (const { incident } of tracked) if (incident.id === id) return incident;
  }
  return undefined;
}

/** The group of the agent whose incident it is; the incident may be gone from there, because of the cap. */
async function placeOf(store: Store, partition: number, id: IncidentId): Promise<string | undefined> {
  const places = await store.load(AUDIT_SPACE, partition, [incidentGroup(id)]);
  return fromBytes<string>(places.get(incidentGroup(id))?.get("json"));
}

/** Incidents of one agent, oldest first. */
export async function incidentsOf(
  store: Store,
  partitions: number,
  tenant: string,
  agent: string,
): Promise<readonly Incident[]> {
  const group = agentGroup({ tenant, agent });
  const states = await loadAgents(store, partitionOf(`${tenant}/${agent}`, partitions), [group]);
  return states.get(group)?.tracked.map(({ incident }) => incident) ?? [];
}

/** The audit log of one partition from its first entry, as it stands. */
export async function* auditEntries(store: Store, partition: number): AsyncGenerator<AuditEntry> {
  const head = await loadHead(store, partition);
  for (let first = 1; first <= head.audit.sequence; first += AUDIT_PAGE) {
    const count = Math.min(AUDIT_PAGE, head.audit.sequence - first + 1);
    const groups = Array.from({ length: count }, (_, offset) => auditGroup(first + offset));
    const page = await store.load(AUDIT_SPACE, partition, groups);
    for (const group of groups) {
      const entry = fromBytes<AuditEntry>(page.get(group)?.get("json"));
      if (entry !== undefined) yield entry;
    }
  }
}
