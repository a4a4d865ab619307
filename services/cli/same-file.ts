/** Keeps a command from writing over what it reads. */
import { fstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { OffgraphError } from "../../schemas/errors.ts";

/** A file and what names it on the command line. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
}

/** Refuses, with `bad-request`, an output that is the same file as an input or as another output. */
export function refuseSameFile(inputs: readonly NamedFile[], outputs: readonly NamedFile[]): void {
  const taken = new Map<string, NamedFile>();
  for (const input of inputs) taken.set(identityOf(input.path) ?? "no file", input);
  for (const output of outputs) {
    const identity = identityOf(output.path);
    if (identity === undefined) continue;
    const other = taken.get(identity);
    if (other !== undefined)
      throw new OffgraphError(
        "bad-request",
        `${output.name} ${output.path}: is the same file as ${other.name} ${other.path}; name another file to write to`,
      );
    taken.set(identity, output);
  }
}

/** Device and inode, or for what is yet to be made its folder and name; undefined for what is no file, such as a pipe. */
function identityOf(path: string): string | undefined {
  try {
    const there = path === "-" ? fstatSync(0) : statSync(path, { throwIfNoEntry: false });
    return there === undefined ? join(realpathSync(dirname(path)), basename(path)) : identityOfStats(there);
  } catch {
    // What cannot be looked at cannot be opened either, which is told then.
    return undefined;
  }
}

const identityOfStats = (stats: Stats) => (stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined);
