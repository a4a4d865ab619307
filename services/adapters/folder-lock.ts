/**
 * One process per data folder. The lock is one of the kernel, taken on a file of the folder through SQLite's exclusive lock
 * (part of Node since 22.13): it goes with its holder, also on kill -9, so none can be stale, and it holds between containers that
 * share a volume. LMDB's own lock file lets many processes write in turn, and a file with a process id is wrong as soon as
 * ids are reused or belong to another container.
 */
import { DatabaseSync } from "node:sqlite";
import { OffgraphError } from "../../schemas/errors.ts";

const SQLITE_BUSY = 5;

/** Takes the lock, or throws `data-in-use` at once. The answer gives it back. */
export function lockFolder(folder: string): () => void {
  const file = new DatabaseSync(`${folder}/lock`);
  try {
    file.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new OffgraphError("data-in-use", `${folder} is held by another process`, { cause: error });
  }
  return () => file.close();
}
