import { readFileSync } from "node:fs";
import { z } from "zod";
import { OffgraphError } from "../../schemas/errors.ts";
import { fileFault } from "../file-fault.ts";
import type { Entries } from "../ports/store.ts";

/**
 * Agents that `offgraph baseline export` wrote, one a line. Names in it are hashed with the exporting system's key, so
 * it means nothing under another. Fails with `file-unreadable`, `invalid-json` or `bad-settings`, naming the line.
 */
export function readBaseline(path: string, keyName: string): Entries[] {
  return read(path)
    .split("\n")
    .flatMap((line, at) => (line.trim() === "" ? [] : [entriesOf(line, keyName, `${path}:${at + 1}`)]));
}

function entriesOf(line: string, keyName: string, place: string): Entries {
  const { key, stored } = parsed(line, place);
  if (key !== keyName)
    throw new OffgraphError(
      "bad-settings",
      `${place}: exported under the key ${key}, and this replay uses ${keyName}; give --key with the hash.key of that system's data folder`,
    );
  return new Map(Object.entries(stored).map(([name, value]) => [name, Buffer.from(value, "base64")]));
}

const Line = z.object({ key: z.string(), stored: z.record(z.string(), z.string()) });

function parsed(line: string, place: string) {
  try {
    return Line.parse(JSON.parse(line));
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
