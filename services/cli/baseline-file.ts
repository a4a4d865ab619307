import { readFileSync } from "node:fs";
import { z } from "zod";
import { OffgraphError } from "../../schemas/errors.ts";
import { fileFault } from "../file-fault.ts";
import type { Entries } from "../ports/store.ts";

/**
 * Agents that `offgraph baseline export` wrote, one a line. Names in it are hashed with the exporting system's key, so
 * it means nothing under another. Fails with `file-unreadable`, `invalid-json` or `bad-settings`, naming the line.
 */
export const readBaselineFile = (path: string, keyName: string): Entries[] =>
  readExport(path).map((agent) => entriesOf(agent, keyName));

/** An agent of such a file. */
export interface ExportedAgent extends z.infer<typeof Line> {
  /** File and line. */
  readonly place: string;
}

/** The same as they stand in the file, whatever key they were exported under. Fails with `file-unreadable` or `invalid-json`. */
export function readExport(path: string): ExportedAgent[] {
  return read(path)
    .split("\n")
    .flatMap((line, at) => (line.trim() === "" ? [] : [parsed(line, `${path}:${at + 1}`)]));
}

function entriesOf({ key, stored, place }: ExportedAgent, keyName: string): Entries {
  if (key !== keyName)
    throw new OffgraphError(
      "bad-settings",
      `${place}: exported under the key ${key}, and this replay uses ${keyName}; give --key with the hash.key of that system's data folder`,
    );
  return new Map(Object.entries(stored).map(([name, value]) => [name, Buffer.from(value, "base64")]));
}

const Line = z.object({ id: z.string(), key: z.string(), stored: z.record(z.string(), z.string()) });

function parsed(line: string, place: string): ExportedAgent {
  try {
    return { ...Line.parse(JSON.parse(line)), place };
  } catch (cause) {
    throw new OffgraphError("invalid-json", `${place}: not a line of an exported baseline`, { cause });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw fileFault(path, "read", cause);
  }
}
