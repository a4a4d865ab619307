/**
 * A group as one value: the names of its entries as JSON, then their bytes. One value per group, because what Redis and its
 * client cost is per field, not per byte.
 *
 * length of the names (4) · names · length of each entry (4 each) · entries
 */
import type { Entries, GroupChange } from "../../ports/store.ts";

/** Names of a group's entries. The same list is one object wherever it comes from, so that comparing is cheap. */
export interface EntryNames {
  readonly list: readonly string[];
  readonly json: Buffer;
}

/** What is to be written of one group, or was. */
export interface PackedChange {
  readonly group: string;
  /** All names that it is about, also those that it removes. */
  readonly names: EntryNames;
  /** The names of the entries that it sets. */
  readonly kept: EntryNames;
  /** The entries that it sets; undefined if it only removes. */
  readonly value: Buffer | undefined;
}

/** Lists that are known; almost always there is one. */
const MAX_LISTS = 1000;
const lists = new Map<string, EntryNames>();

/** Of no entries. */
export const NO_NAMES = namesOf([]);

function namesOf(list: readonly string[]): EntryNames {
  const json = JSON.stringify(list);
  const known = lists.get(json);
  if (known !== undefined) return known;
  if (lists.size >= MAX_LISTS) lists.clear();
  const names = { list, json: Buffer.from(json) };
  lists.set(json, names);
  return names;
}

/** Whether nothing remains of `older` that a change to `newer` does not name. */
export function covers(newer: EntryNames, older: EntryNames): boolean {
  return newer === older || older.list.every((name) => newer.list.includes(name));
}

/** A change before it is packed. */
interface Unpacked extends GroupChange {
  readonly names: EntryNames;
  readonly kept: EntryNames;
  /** Bytes that its value takes; 0 if it only removes. */
  readonly length: number;
}

function measured({ group, entries }: GroupChange): Unpacked {
  const all = [...entries.keys()];
  const set = all.filter((name) => entries.get(name) !== undefined);
  const names = namesOf(all);
  const kept = set.length === all.length ? names : namesOf(set);
  return { group, entries, names, kept, length: set.length === 0 ? 0 : lengthOf(kept, entries) };
}

/** Copies: the caller goes on with its buffers. */
function packedChange(change: GroupChange): PackedChange {
  const unpacked = measured(change);
  return packedInto(Buffer.allocUnsafe(unpacked.length), unpacked);
}

function packedInto(memory: Buffer, { group, names, kept, entries, length }: Unpacked): PackedChange {
  if (length > 0) pack(memory, kept, entries);
  return { group, names, kept, value: length > 0 ? memory : undefined };
}

/** What lies in the store, as the change that would have written it. */
export function packedValue(group: string, value: Buffer): PackedChange {
  const names = namesIn(value);
  return { group, names, kept: names, value };
}

const headLength = ({ list, json }: EntryNames) => 4 + json.length + 4 * list.length;

function lengthOf(names: EntryNames, entries: GroupChange["entries"]): number {
  let length = headLength(names);
  for (const name of names.list) length += entries.get(name)!.length;
  return length;
}

function pack(value: Buffer, names: EntryNames, entries: GroupChange["entries"]): void {
  const { list, json } = names;
  value.set(json, value.writeUInt32BE(json.length));
  let lengthAt = 4 + json.length;
  let at = headLength(names);
  for (const name of list) {
    const bytes = entries.get(name)!;
    lengthAt = value.writeUInt32BE(bytes.length, lengthAt);
    value.set(bytes, at);
    at += bytes.length;
  }
}

let lastNames = NO_NAMES;

function namesIn(value: Buffer): EntryNames {
  const end = 4 + value.readUInt32BE();
  // Groups of one kind follow one another.
  if (lastNames.json.equals(value.subarray(4, end))) return lastNames;
  lastNames = namesOf(JSON.parse(value.toString("utf8", 4, end)));
  return lastNames;
}

/** The entries in a packed value; their bytes are those of the value. */
export function unpack(value: Buffer): Entries {
  const { list, json } = namesIn(value);
  let lengthAt = 4 + json.length;
  let at = lengthAt + 4 * list.length;
  const entries = new Map<string, Uint8Array>();
  for (const name of list) {
    const end = at + value.readUInt32BE(lengthAt);
    entries.set(name, value.subarray(at, end));
    lengthAt += 4;
    at = end;
  }
  return entries;
}

/** Both changes as one: the newer one's names first, so that the next change of its kind finds the list as it writes it. */
export function over(older: PackedChange, newer: PackedChange): PackedChange {
  const entries = entriesOf(newer);
  for (const [name, bytes] of entriesOf(older)) if (!entries.has(name)) entries.set(name, bytes);
  return packedChange({ group: newer.group, entries });
}

/** With the names that are removed. */
function entriesOf({ names, value }: PackedChange): Map<string, Uint8Array | undefined> {
  const entries = new Map<string, Uint8Array | undefined>(names.list.map((name) => [name, undefined]));
  if (value !== undefined) for (const [name, bytes] of unpack(value)) entries.set(name, bytes);
  return entries;
}

/** A chunk, copied; two changes of one group become one. */
export function packedChunk(chunk: readonly GroupChange[]): PackedChange[] {
  const unpacked = chunk.map(measured);
  // One piece of memory for all: to ask for it, and to give it back, is dear.
  const memory = Buffer.allocUnsafeSlow(unpacked.reduce((total, { length }) => total + length, 0));
  const changes = new Map<string, PackedChange>();
  let at = 0;
  for (const next of unpacked) {
    const change = packedInto(memory.subarray(at, at + next.length), next);
    at += next.length;
    const earlier = changes.get(change.group);
    changes.set(change.group, earlier === undefined ? change : over(earlier, change));
  }
  return [...changes.values()];
}
