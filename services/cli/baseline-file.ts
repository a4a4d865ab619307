import { readFileSync } from "node:fs";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Entries } from "../ports/store.ts";

/** Agents that `offgraph baseline export` wrote, one a line. Fails with `file-unreadable` or `invalid-json`, naming the line. */
export function readBaseline(path: string): Entries[] {
  return read(path)
    .split("\n")
    .flatMap((line, at) => (line.trim() === "" ? [] : [entriesOf(line, `${path}:${at + 1}`)]));
}

function entriesOf(line: string, place: string): Entries {
  try {
    const { stored } = JSON.parse(line) as { stored: Record<string, string> };
    return new Map(Object.entries(stored).map(([name, value]) => [name, Buffer.from(value, "base64")]));
  } catch (cause) {
    throw new OffgraphError("invalid-json", `${place}: not a line of an exported baseline`, { cause });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new OffgraphError(
      "file-unreadable",
      `${path}: cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      { cause },
    );
  }
}
