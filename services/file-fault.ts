/** A file that cannot be read or written, told once and in plain words. */
import { OffgraphError } from "../schemas/errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EMFILE: "too many files are open",
};

/** `file-unreadable`: `trail.json: cannot be read: there is no such file or folder`. */
export function fileFault(path: string, what: "read" | "written", cause: unknown): OffgraphError {
  return new OffgraphError("file-unreadable", `${path}: cannot be ${what}: ${reasonOf(cause)}`, { cause });
}

/** Node's own messages repeat the path; its codes do not. */
function reasonOf(cause: unknown): string {
  const code = codeOf(cause);
  if (code !== undefined) return REASONS[code] ?? code;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Node's code of an error of the system, such as `ENOENT` or `EADDRINUSE`; undefined for any other error. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
