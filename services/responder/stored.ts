/**
 * Where one partition of the responder keeps things. Groups of the space `responder`: `head` (positions, highest origins, end of
 * the audit chain), `outbox` (see outbox.ts) and `agent <tenant> <agent>` (line feeds for spaces). The audit log has a space of
 * its own: see audit-stored.ts.
 */
import type { Highest } from "../../schemas/origin.ts";
import type { Entries, GroupChange, Store } from "../ports/store.ts";
import { fromBytes, toBytes } from "../records.ts";
import { type AuditHead, NO_ENTRIES } from "./audit.ts";
import type { AgentState } from "./state.ts";

/** Space of the store for incidents, and for how far a partition has come. */
export const SPACE = "responder";
const HEAD = "head";

/** The streams that the responder reads. */
export const INPUTS = ["findings", "decisions", "outcomes"] as const;
export type InputStream = (typeof INPUTS)[number];

/** How far a partition has come: committed with what was made of its records. */
export interface Head {
  /** Where to read on in each stream. */
  readonly positions: Readonly<Record<InputStream, number>>;
  readonly highest: Highest;
  readonly audit: AuditHead;
  /** What of the audit log stands in the store; what came before it stands in files. */
  readonly tail: AuditTail;
}

interface AuditTail {
  /** Sequence of its first entry. */
  readonly first: number;
  readonly bytes: number;
}

/** Group of an agent's state. */
export const agentGroup = ({ tenant, agent }: { tenant: string; agent: string }) =>
  `agent\n${tenant}\n${agent}`;

/** One value in one group; undefined removes it. */
export const change = (group: string, value: unknown): GroupChange => ({
  group,
  entries: new Map([["json", value === undefined ? undefined : toBytes(value)]]),
});

/** States of agents by group; undefined where nothing is left to know. */
export type States = ReadonlyMap<string, AgentState | undefined>;

/** The changes of one commit; all of them are written, or none. */
export const changesOf = (states: States, head: Head): GroupChange[] => [
  ...[...states].map(([group, state]) => change(group, state)),
  change(HEAD, { ...head, highest: [...head.highest] }),
];

/** The last commit of a partition. */
export async function loadHead(store: Pick<Store, "load">, partition: number): Promise<Head> {
  const groups = await store.load(SPACE, partition, [HEAD]);
  const saved = fromBytes<Omit<Head, "highest"> & { highest: [] }>(groups.get(HEAD)?.get("json"));
  // Version 0.1 knew no files, and no tail.
  return saved ? { ...emptyHead(), ...saved, highest: new Map(saved.highest) } : emptyHead();
}

const emptyHead = (): Head => ({
  positions: { findings: 0, decisions: 0, outcomes: 0 },
  highest: new Map(),
  audit: NO_ENTRIES,
  tail: { first: 1, bytes: 0 },
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
export function agentOf(entries: Entries): AgentState | undefined {
  const state = fromBytes<AgentState>(entries.get("json"));
  const tracked = state?.tracked.map((one) => {
    const actions = one.incident.actions.filter((action) => typeof action === "object");
    return { ...one, incident: { ...one.incident, actions } };
  });
  return state && tracked && { ...state, tracked };
}
