/**
 * Lines written to a file, or to nothing, with the SHA-256 of all of their bytes. They are written beside the file and put
 * in its place when closed, so that what stood there is whole until then, and nothing is left when the process is ended.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { fileFault } from "../file-fault.ts";
import { beginDraft, endDraft } from "./drafts.ts";

const CHUNK_CHARACTERS = 65_536;

export interface LineFile {
  /** Writes one value as a line of JSON. */
  write(value: object): void;
  /** Writes what is pending, puts the file in its place, and answers the hash in hexadecimal. */
  close(): string;
  /** Leaves what stood there as it is. */
  discard(): void;
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
    for (let at = 0; file !== undefined && at < bytes.length; ) at += writeSync(file.descriptor, bytes, at);
  };
  return {
    write(value) {
      pending += `${JSON.stringify(value)}\n`;
      if (pending.length > CHUNK_CHARACTERS) flush();
    },
    close() {
      flush();
      file?.end(true);
      return hash.digest("hex");
    },
    discard: () => file?.end(false),
  };
}

function create(path: string) {
  try {
    const { target, mode, isPlain } = destination(path);
    // A pipe or a device is written as it is: nothing can take its place.
    const draft = isPlain ? `${target}.partial-${process.pid}` : target;
    const descriptor = openSync(draft, "w", mode);
    if (isPlain) beginDraft(draft);
    const end = (keep: boolean) => {
      closeSync(descriptor);
      if (!isPlain) return;
      if (keep) renameSync(draft, target);
      else rmSync(draft);
      endDraft(draft);
    };
    return { descriptor, end };
  } catch (cause) {
    throw fileFault(path, "written", cause);
  }
}

/** What a path stands for: behind a link, the file that it leads to. */
function destination(path: string): { target: string; mode?: number; isPlain: boolean } {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return { target: path, isPlain: true };
  // A folder fails when it is opened.
  return there.isFile()
    ? { target: realpathSync(path), mode: there.mode & 0o777, isPlain: true }
    : { target: path, isPlain: false };
}
