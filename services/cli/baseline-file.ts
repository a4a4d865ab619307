import { readFileSync } from "node:fs";
import { OffgraphError } from "../../schemas/errors.ts";

/** What `offgraph baseline export` wrote: one agent a line. Fails with `file-unreadable` or `invalid-json`, naming the line. */
export function readBaseline(path: string): object[] {
  const lines = read(path).split("\n");
  return lines.flatMap((line, at) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as object];
    } catch (cause) {
      throw new OffgraphError("invalid-json", `${path}:${at + 1}: not a line of a baseline`, { cause });
    }
  });
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
