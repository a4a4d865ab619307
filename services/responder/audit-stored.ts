/**
 * Where one partition of the audit log stands: its newest part in the store, the older one in files.
 *
 * Groups of the space `responder-audit`: `audit <sequence>` (line feeds for spaces), one per entry, and `incident <id>`, which names the
 * agent's group. So what is large is apart from what is scanned. It is committed before the head (see stored.ts) and counts
 * once the head says so: what a crash leaves behind beyond the head's sequence is not read, and written over by the next owner.
 */
import type { IncidentId } from "../../schemas/ids.ts";
import type { GroupChange, Store } from "../ports/store.ts";
import { fromBytes } from "../records.ts";
import type { AuditEntry } from "./audit.ts";
import { type AuditLine, filedLines } from "./audit-files.ts";
import { change, loadHead, type States } from "./stored.ts";

/** Space of the store in which the newest part of the audit log lies. */
export const AUDIT_SPACE = "responder-audit";
const PAGE = 500;
/** Most changes of one chunk of a commit. */
const MAX_CHANGES = 2000;

const auditGroup = (sequence: number) => `audit\n${sequence}`;
const incidentGroup = (id: string) => `incident\n${id}`;

type Loader = Pick<Store, "load">;

/** What a batch adds to the space. */
export function auditChangesOf(states: States, entries: readonly AuditEntry[]): GroupChange[] {
  const opened = new Set(
    entries.flatMap(({ record }) => (record.what === "incident.opened" ? [record.incident] : [])),
  );
  const places = [...states].flatMap(([group, state]) =>
    (state?.tracked ?? []).flatMap(({ incident: { id } }) =>
      opened.has(id) ? [change(incidentGroup(id), group)] : [],
    ),
  );
  return [...entries.map((entry) => change(auditGroup(entry.sequence), entry)), ...places];
}

/** The group of the agent whose incident it is; the incident may be gone from there, because of the cap. */
export async function incidentHolder(
  store: Loader,
  partition: number,
  id: string,
): Promise<string | undefined> {
  const places = await store.load(AUDIT_SPACE, partition, [incidentGroup(id)]);
  return fromBytes<string>(places.get(incidentGroup(id))?.get("json"));
}

/** Forgets where incidents are. */
export const withoutPlaces = (ids: readonly IncidentId[]): GroupChange[] =>
  ids.map((id) => change(incidentGroup(id), undefined));

/** Takes entries out, in chunks. */
export function removalOf(first: number, last: number): GroupChange[][] {
  const groups = Array.from({ length: last - first + 1 }, (_, offset) => auditGroup(first + offset));
  const chunks = Math.ceil(groups.length / MAX_CHANGES);
  return Array.from({ length: chunks }, (_, at) =>
    groups.slice(at * MAX_CHANGES, (at + 1) * MAX_CHANGES).map((group) => change(group, undefined)),
  );
}

/** The audit log of one partition from its first entry, as it stands. What is no entry is left out, which breaks the chain. */
export async function* auditEntries(
  store: Loader,
  partition: number,
  folder?: string,
): AsyncGenerator<AuditEntry> {
  for await (const { entry } of auditLines(store, partition, folder))
    if (entry && !("sealed" in entry)) yield entry;
}

/** The same with places: first what is in files, if a folder is named, then what is in the store. */
export async function* auditLines(
  store: Loader,
  partition: number,
  folder?: string,
): AsyncGenerator<AuditLine> {
  let next = 1;
  for (;;) {
    const { audit, tail } = await loadHead(store, partition);
    if (next < tail.first) {
      if (folder !== undefined) yield* filedLines(folder, partition, next, tail.first);
      next = tail.first;
    }
    for await (const entry of storedEntries(store, partition, next, audit.sequence)) {
      yield { place: placeIn(partition, entry.sequence), entry };
      next = entry.sequence + 1;
    }
    // If there are more, they have been moved into a file in the meantime, and are read from there.
    if ((await loadHead(store, partition)).tail.first > next) continue;
    if (next <= audit.sequence) yield { place: placeIn(partition, next), entry: undefined };
    return;
  }
}

const placeIn = (partition: number, sequence: number) => `the store, chain ${partition}, entry ${sequence}`;

/** Entries of one partition that stand in the store. */
export async function* storedEntries(
  store: Loader,
  partition: number,
  first: number,
  last: number,
): AsyncGenerator<AuditEntry> {
  for (let from = first; from <= last; from += PAGE) {
    const count = Math.min(PAGE, last - from + 1);
    const groups = Array.from({ length: count }, (_, offset) => auditGroup(from + offset));
    const page = await store.load(AUDIT_SPACE, partition, groups);
    for (const group of groups) {
      const entry = fromBytes<AuditEntry>(page.get(group)?.get("json"));
      if (entry !== undefined) yield entry;
    }
  }
}
