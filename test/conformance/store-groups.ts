/** Groups of the suites: how they are made, and how they are shown for comparing. */
import type { Entries, GroupChange, Store } from "../../services/ports/store.ts";
import { gather } from "./gather.ts";

export function change(group: string, entries: Record<string, string | undefined>): GroupChange {
  const bytes = Object.entries(entries).map(
    ([name, text]) => [name, text === undefined ? text : Buffer.from(text)] as const,
  );
  return { group, entries: new Map(bytes) };
}

export function plain(groups: Iterable<readonly [string, Entries]>): Record<string, Record<string, string>> {
  const text = (entries: Entries) =>
    Object.fromEntries(Array.from(entries, ([name, bytes]) => [name, Buffer.from(bytes).toString()]));
  return Object.fromEntries(Array.from(groups, ([group, entries]) => [group, text(entries)]));
}

export async function contents(store: Store, space = "processor", partition = 0) {
  return plain(await gather(store.scan(space, partition)));
}
