/**
 * Where one partition of egress keeps things. Groups of the space `egress`: `head` (highest origins), `outbox` (see outbox.ts)
 * and `agent <tenant> <agent>` (line feeds for spaces) with an entry for the quarantine and one for each denied target.
 */
import { targetKey } from "../../schemas/action.ts";
import { AgentId, Tenant } from "../../schemas/ids.ts";
import type { Highest } from "../../schemas/origin.ts";
import type { Entries, GroupChange, Store } from "../ports/store.ts";
import { fromBytes, toBytes } from "../records.ts";
import { type DenialLedger, type Denied, newLedger, type Quarantine, withoutPast } from "./ledger.ts";

/** Space of the store for what is denied and under way; feeds have spaces of their own. */
export const SPACE = "egress";
const HEAD = "head";
const QUARANTINE = "quarantine";

/** Group of an agent's ledger. */
export const ledgerGroup = ({ tenant, agent }: { tenant: string; agent: string }) =>
  `agent\n${tenant}\n${agent}`;

/** The highest origins of the last commit. */
export async function loadHighest(store: Store, space: string, partition: number): Promise<Highest> {
  const entries = (await store.load(space, partition, [HEAD])).get(HEAD);
  return new Map(fromBytes<[]>(entries?.get("highest")));
}

/** The ledgers that there are of the groups. */
export async function loadLedgers(
  store: Pick<Store, "load">,
  partition: number,
  groups: readonly string[],
): Promise<Map<string, DenialLedger>> {
  const known = await store.load(SPACE, partition, groups);
  return new Map([...known].map(([group, entries]) => [group, ledgerOf(group, entries)]));
}

/** Every agent that was under quarantine at the last commit; some of the quarantines may be over. */
export async function* loadQuarantined(store: Store, partition: number): AsyncGenerator<DenialLedger> {
  for await (const [group, entries] of store.scan(SPACE, partition)) {
    if (entries.has(QUARANTINE)) yield ledgerOf(group, entries);
  }
}

/** Groups of agents of which something that was denied is over; at most `most`. */
export async function loadStale(
  store: Store,
  partition: number,
  nowMs: number,
  most: number,
): Promise<string[]> {
  const stale: string[] = [];
  for await (const [group, ledger] of loadAll(store, partition)) {
    if (withoutPast(ledger, nowMs) !== ledger) stale.push(group);
    if (stale.length === most) break;
  }
  return stale;
}

/** Every agent because of which something is denied, or was. */
export async function* loadAll(
  store: Pick<Store, "scan">,
  partition: number,
): AsyncGenerator<readonly [string, DenialLedger]> {
  for await (const [group, entries] of store.scan(SPACE, partition))
    if (group.startsWith("agent\n")) yield [group, ledgerOf(group, entries)];
}

function ledgerOf(group: string, entries: Entries): DenialLedger {
  const names = group.split("\n");
  const [tenant, agent] = [Tenant.parse(names[1]), AgentId.parse(names[2])];
  const quarantine = fromBytes<Quarantine>(entries.get(QUARANTINE));
  const denied = [...entries].flatMap(([name, bytes]) => {
    const one = name === QUARANTINE ? undefined : fromBytes<Denied>(bytes);
    return one ? [[targetKey(tenant, one.target), one] as const] : [];
  });
  return { tenant, agent, quarantine, denied: new Map(denied) };
}

/** The changes of one commit; all of them are written, or none. */
export function changesOf(
  before: ReadonlyMap<string, DenialLedger>,
  after: ReadonlyMap<string, DenialLedger>,
  highest: Highest,
): GroupChange[] {
  return [
    ...[...after].map(([group, ledger]) => changeOf(group, before.get(group) ?? newLedger(ledger), ledger)),
    headOf(highest),
  ];
}

/** What a commit says of how far was read. */
export const headOf = (highest: Highest): GroupChange => ({
  group: HEAD,
  entries: new Map([["highest", toBytes([...highest])]]),
});

function changeOf(group: string, before: DenialLedger, after: DenialLedger): GroupChange {
  const entries = new Map<string, Uint8Array | undefined>();
  for (const key of before.denied.keys()) if (!after.denied.has(key)) entries.set(key, undefined);
  for (const [key, denied] of after.denied) {
    if (before.denied.get(key) !== denied) entries.set(key, toBytes(denied));
  }
  if (before.quarantine !== after.quarantine) {
    entries.set(QUARANTINE, after.quarantine && toBytes(after.quarantine));
  }
  return { group, entries };
}
