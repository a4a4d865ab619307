/** Lines written to a file, or to nothing, with the SHA-256 of all of their bytes. */
import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { OffgraphError } from "../../schemas/errors.ts";

const CHUNK_CHARACTERS = 65_536;

export interface LineFile {
  /** Writes one value as a line of JSON. */
  write(value: object): void;
  /** Writes what is pending, closes, and answers the hash in hexadecimal. */
  close(): string;
}

/** Fails with `file-unreadable` if the file cannot be made. Without a path only the hash is made. */
export function lineFile(path: string | undefined): LineFile {
  const file = path === undefined ? undefined : create(path);
  const hash = createHash("sha256");
  let pending = "";
  const flush = () => {
    const bytes = Buffer.from(pending);
    pending = "";
    hash.update(bytes);
    for (let at = 0; file !== undefined && at < bytes.length; ) at += writeSync(file, bytes, at);
  };
  return {
    write(value) {
      pending += `${JSON.stringify(value)}\n`;
      if (pending.length > CHUNK_CHARACTERS) flush();
    },
    close() {
      flush();
      if (file !== undefined) closeSync(file);
      return hash.digest("hex");
    },
  };
}

function create(path: string): number {
  try {
    return openSync(path, "w");
  } catch (cause) {
    throw new OffgraphError(
      "file-unreadable",
      `${path}: cannot be written (${(cause as NodeJS.ErrnoException).code})`,
      { cause },
    );
  }
}
