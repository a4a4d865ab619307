/**
 * The older part of the audit log: files of JSON lines, one after the other in each partition's chain, named after partition and first
 * entry. A file is whole when it appears, and nothing here ever changes or deletes one.
 */
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { OffgraphError } from "../../schemas/errors.ts";
import { valueAt } from "../plain-words.ts";
import type { AuditEntry, SealedEntry } from "./audit.ts";

/** An entry with where it stands; `entry` is undefined where there should be one and is none. */
export interface AuditLine {
  readonly place: string;
  readonly entry: AuditEntry | SealedEntry | undefined;
}

const NAME = /^audit-(\d{4})-(\d{12})\.ndjson$/;

const nameOf = (partition: number, first: number) =>
  `audit-${String(partition).padStart(4, "0")}-${String(first).padStart(12, "0")}.ndjson`;

/**
 * Writes a file, and puts it in its place when it is durable. After a crash it may be there already, and be the same. Errors:
 * `bad-settings` if it begins with another entry: then it is of a chain that the store has lost, and no longer to be had from
 * anywhere else.
 */
export async function writeAuditFile(
  folder: string,
  { partition, first }: { readonly partition: number; readonly first: number },
  entries: AsyncIterable<AuditEntry>,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, nameOf(partition, first));
  const draft = `${path}.partial`;
  await writeDurably(draft, entries);
  const there = await firstLineOf(path);
  if (there !== undefined && there !== (await firstLineOf(draft)))
    throw new OffgraphError(
      "bad-settings",
      `${path} is of another chain: move the older files of this folder to another place, or name another audit.folder`,
    );
  await rename(draft, path);
  await using place = await open(folder, "r");
  await place.sync();
}

/** Undefined if there is no such file. */
async function firstLineOf(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  await using file = await open(path);
  for await (const line of file.readLines()) return line;
  return "";
}

async function writeDurably(path: string, entries: AsyncIterable<AuditEntry>): Promise<void> {
  await using file = await open(path, "w", 0o600);
  for await (const entry of entries) await file.write(`${JSON.stringify(entry)}\n`);
  await file.sync();
}

/** Paths of a folder's files, each chain in its order; of one partition only, if it is named. None if there is no folder. */
export async function auditFiles(folder: string, partition?: number): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const wanted = names.filter((name) => {
    const [, of] = NAME.exec(name) ?? [];
    return of !== undefined && (partition === undefined || Number(of) === partition);
  });
  return wanted.sort().map((name) => join(folder, name));
}

/** A partition's entries that stand in files: from sequence `from` up to, and without, `to`; and every line that is none. */
export async function* filedLines(
  folder: string,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<AuditLine> {
  const files = await auditFiles(folder, partition);
  const begun = files.findLastIndex((path) => firstOf(path) <= from);
  for (const path of files.slice(Math.max(0, begun))) {
    for await (const line of auditLinesOf(path)) {
      const { sequence = from } = line.entry ?? {};
      if (sequence >= from && sequence < to) yield line;
    }
  }
}

const firstOf = (path: string) => Number(/(\d{12})\.ndjson$/.exec(path)?.[1]);

/** The lines of one file. */
export async function* auditLinesOf(path: string): AsyncGenerator<AuditLine> {
  await using file = await open(path);
  yield* auditLinesIn(path, file.readLines());
}

/** Lines with their places; `name` is that of what they are read from. */
export async function* auditLinesIn(
  name: string,
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<AuditLine> {
  let number = 0;
  for await (const line of lines) yield { place: `${name}:${++number}`, entry: entryOf(line) };
}

function entryOf(line: string): AuditLine["entry"] {
  try {
    const entry: unknown = JSON.parse(line);
    return isEntry(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** As far as a verifier needs it: what an entry says is told by its hash. */
const isEntry = (value: unknown): value is AuditEntry | SealedEntry =>
  ["partition", "sequence"].every((name) => Number.isInteger(valueAt(value, [name]))) &&
  ["hash", "previous"].every((name) => typeof valueAt(value, [name]) === "string");
