/** Files of which nothing could be read, most likely because they are of another source. */
import { OffgraphError } from "../../schemas/errors.ts";
import { EventInput } from "../ingest/event-input.ts";
import { SOURCES } from "../ingest/sources/index.ts";
import type { FileInput } from "./inputs.ts";

/** A file of which nothing could be read. */
export interface UnreadFile {
  readonly file: FileInput;
  /** The first record that is JSON; undefined if none is. */
  readonly record: unknown;
}

/** The fault, `unknown-record` or `invalid-json`, that names each such file and the source that it looks like; undefined without files. */
export function unreadFault(unread: readonly UnreadFile[]): OffgraphError | undefined {
  if (unread.length === 0) return undefined;
  const code = unread.every(({ record }) => record === undefined) ? "invalid-json" : "unknown-record";
  return new OffgraphError(code, unread.map(complaint).join("\n"));
}

function complaint({ file: { path, source }, record }: UnreadFile): string {
  if (record === undefined) return `${path}: nothing in it is JSON`;
  const other = SOURCES.find(({ name }) => name !== source && reads(name, record));
  const hint = other === undefined ? "" : `; it looks like --source ${other.name}`;
  return `${path}: no record can be read as ${source}${hint}`;
}

/** Whether a source makes an event of the record that the door would take. */
function reads(name: string, record: unknown): boolean {
  try {
    const events = SOURCES.find((source) => source.name === name)?.open()(record).events ?? [];
    return events.some((event) => EventInput.safeParse(event).success);
  } catch {
    return false;
  }
}
