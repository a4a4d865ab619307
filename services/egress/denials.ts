/** Who is denied now, read from the ledgers: for people. Gates answer from the deny list, which follows within a moment. */
import type { DenialInForce, Target } from "../../schemas/action.ts";
import { targetKey } from "../../schemas/action.ts";
import type { AgentId, Tenant } from "../../schemas/ids.ts";
import type { Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import { type DenialLedger, type Denied, withoutPast } from "./ledger.ts";
import { ledgerGroup, loadAll, loadLedgers } from "./stored.ts";

/** Whose denials, and which page of them. */
export interface DenialSelection {
  readonly tenant: Tenant;
  /** Absent: all agents. */
  readonly agent?: AgentId | undefined;
  /** Most denials of one answer. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string | undefined;
  /** Wall clock, ms since 1970. */
  readonly nowMs: number;
}

/** One page of denials in force. */
export interface DenialPage {
  /** Newest first. */
  readonly denials: readonly DenialInForce[];
  /** Where the next page begins; absent when there is none. */
  readonly next?: string;
}

type Ledgers = Pick<Store, "load" | "scan">;

/** One page of what is denied now. Reads every ledger, and keeps no more than two pages of them. */
export async function denialsOf(
  store: Ledgers,
  partitions: number,
  query: DenialSelection,
): Promise<DenialPage> {
  const most = query.limit + 1;
  let newest: Row[] = [];
  const cut = () => newest.sort(byAge).slice(0, most);
  for await (const ledger of ledgersOf(store, partitions, query)) {
    for (const row of rowsOf(ledger, query)) if (isAfter(row, query.before)) newest.push(row);
    if (newest.length > 2 * most) newest = cut();
  }
  newest = cut();
  const last = newest.length === most ? newest[most - 2] : undefined;
  const denials = newest.slice(0, query.limit).map(({ shown }) => shown);
  return { denials, ...(last && { next: Buffer.from(last.key).toString("base64url") }) };
}

/** Until when agents are denied; those that are not denied themselves are left out. */
export async function deniedUntil(
  store: Ledgers,
  partitions: number,
  { tenant, agents, nowMs }: { tenant: Tenant; agents: readonly AgentId[]; nowMs: number },
): Promise<ReadonlyMap<AgentId, string>> {
  const until = new Map<AgentId, string>();
  const byPartition = Map.groupBy(agents, (agent) => partitionOf(`${tenant}/${agent}`, partitions));
  for (const [partition, some] of byPartition) {
    const groups = some.map((agent) => ledgerGroup({ tenant, agent }));
    for (const { agent, denied } of (await loadLedgers(store, partition, groups)).values()) {
      const untilMs = denied.get(targetKey(tenant, { type: "agent", id: agent }))?.untilMs ?? 0;
      if (untilMs > nowMs) until.set(agent, new Date(untilMs).toISOString());
    }
  }
  return until;
}

async function* ledgersOf(
  store: Ledgers,
  partitions: number,
  { tenant, agent }: DenialSelection,
): AsyncGenerator<DenialLedger> {
  if (agent !== undefined) {
    const partition = partitionOf(`${tenant}/${agent}`, partitions);
    yield* (await loadLedgers(store, partition, [ledgerGroup({ tenant, agent })])).values();
    return;
  }
  for (let partition = 0; partition < partitions; partition++)
    for await (const [, ledger] of loadAll(store, partition)) if (ledger.tenant === tenant) yield ledger;
}

/** A denial with its place in the list: time counted down, so that the smaller key is the newer one. */
interface Row {
  readonly key: string;
  readonly shown: DenialInForce;
}

const byAge = ({ key }: Row, other: Row) => (key < other.key ? -1 : 1);
const isAfter = ({ key }: Row, before: string | undefined) =>
  before === undefined || key > Buffer.from(before, "base64url").toString();

const rowsOf = (ledger: DenialLedger, { nowMs }: DenialSelection): Row[] =>
  [...withoutPast(ledger, nowMs).denied.values()].map((denied) => ({
    key: keyOf(denied, ledger.agent),
    shown: shownOf(denied, ledger.agent),
  }));

/** No time has more than 16 digits. */
const LATEST = 10 ** 15;
const keyOf = ({ target, sinceMs = 0 }: Denied, agent: AgentId) =>
  [String(LATEST - sinceMs).padStart(16, "0"), agent, order(target), target.id].join("\n");

/** The agent itself comes before its tokens. */
const order = ({ type }: Target) => ["agent", "family", "token"].indexOf(type);

function shownOf(
  { target, sinceMs, untilMs, incident, action, reason }: Denied,
  agent: AgentId,
): DenialInForce {
  return {
    agent,
    target,
    ...(sinceMs !== undefined && { since: new Date(sinceMs).toISOString() }),
    until: new Date(untilMs).toISOString(),
    ...(incident && { incident }),
    action,
    reason,
  };
}
