/**
 * Where one partition of the responder keeps things, and the read access that the API has to it.
 *
 * Groups of the space `responder`: `head` (positions, highest origins, end of the audit chain), `outbox` (actions that may
 * not have been sent yet), `agent <tenant> <agent>` (with line feeds for spaces) and `audit <sequence>`, one per entry.
 */
import type { Action, Incident } from "../../schemas/action.ts";
import type { IncidentId } from "../../schemas/ids.ts";
import type { Derived, Highest } from "../../schemas/origin.ts";
import type { GroupChange, Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import { type AuditEntry, type AuditHead, NO_ENTRIES } from "./audit.ts";
import { fromBytes, toBytes } from "./json.ts";
import type { AgentState } from "./state.ts";

export const SPACE = "responder";
const HEAD = "head";
const OUTBOX = "outbox";
const AUDIT_PAGE = 500;

export const INPUTS = ["findings", "decisions", "outcomes"] as const;
export type Input = (typeof INPUTS)[number];

export interface Head {
  /** Where to read on in each stream. */
  readonly positions: Readonly<Record<Input, number>>;
  readonly highest: Highest;
  readonly audit: AuditHead;
}

export type Outbox = readonly Derived<Action>[];

/** Group of an agent's state. */
export const agentGroup = ({ tenant, agent }: { tenant: string; agent: string }) =>
  `agent\n${tenant}\n${agent}`;
const auditGroup = (sequence: number) => `audit\n${sequence}`;

const change = (group: string, value: unknown): GroupChange => ({
  group,
  entries: new Map([["json", value === undefined ? undefined : toBytes(value)]]),
});

/** The changes of one commit; all of them are written, or none. */
export function changesOf(
  { states, outbox }: { readonly states: ReadonlyMap<string, AgentState>; readonly outbox: Outbox },
  entries: readonly AuditEntry[],
  head: Head,
): GroupChange[] {
  return [
    ...[...states].map(([group, state]) => change(group, state)),
    ...entries.map((entry) => change(auditGroup(entry.sequence), entry)),
    change(OUTBOX, outbox.length > 0 ? outbox : undefined),
    change(HEAD, { ...head, highest: [...head.highest] }),
  ];
}

/** The last commit of a partition. */
export async function loadHead(store: Store, partition: number): Promise<{ head: Head; outbox: Outbox }> {
  const groups = await store.load(SPACE, partition, [HEAD, OUTBOX]);
  const saved = fromBytes<Omit<Head, "highest"> & { highest: [] }>(groups.get(HEAD)?.get("json"));
  const outbox = fromBytes<Outbox>(groups.get(OUTBOX)?.get("json")) ?? [];
  return { head: saved ? { ...saved, highest: new Map(saved.highest) } : emptyHead(), outbox };
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
    const state = fromBytes<AgentState>(entries.get("json"));
    if (state !== undefined) states.set(group, state);
  }
  return states;
}

/** Every incident, in no particular order. */
export async function* incidents(store: Store, partitions: number): AsyncGenerator<Incident> {
  for (let partition = 0; partition < partitions; partition++) {
    for await (const [group, entries] of store.scan(SPACE, partition)) {
      if (!group.startsWith("agent\n")) continue;
      for (const { incident } of fromBytes<AgentState>(entries.get("json"))?.tracked ?? []) yield incident;
    }
  }
}

/** One incident by its id; looks through all of them. */
export async function incidentOf(
  store: Store,
  partitions: number,
  id: IncidentId,
): Promise<Incident | undefined> {
  for await (const incident of incidents(store, partitions)) if (incident.id === id) return incident;
  return undefined;
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
  const { head } = await loadHead(store, partition);
  for (let first = 1; first <= head.audit.sequence; first += AUDIT_PAGE) {
    const count = Math.min(AUDIT_PAGE, head.audit.sequence - first + 1);
    const groups = Array.from({ length: count }, (_, offset) => auditGroup(first + offset));
    const page = await store.load(SPACE, partition, groups);
    for (const group of groups) {
      const entry = fromBytes<AuditEntry>(page.get(group)?.get("json"));
      if (entry !== undefined) yield entry;
    }
  }
}
