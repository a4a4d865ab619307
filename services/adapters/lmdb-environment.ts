/** What the two LMDB adapters share: opening a file, its format, fixed-size keys, and errors that say what failed. */
import { hash } from "node:crypto";
import { open, type RootDatabase } from "lmdb";
import { OffgraphError } from "../../schemas/errors.ts";

interface EnvironmentOptions {
  readonly path: string;
  /** Version of what the adapter writes. A file with a higher one is refused with `data-too-new`. */
  readonly format: number;
  readonly readOnly?: boolean;
}

/**
 * Opens an LMDB file, or makes it.
 *
 * `overlappingSync` is off: then a write's promise resolves after `mdb_txn_commit` has flushed the pages
 * (fdatasync) and written the root through a synchronous descriptor, on a worker thread. With it on (lmdb's default) the
 * promise resolves when the write is visible, and `flushed` follows the newest write rather than this one.
 * Writes that arrive while a commit is under way share the next one.
 *
 * `eventTurnBatching` is off, because with it a refused commit (a full disk) also rejects a promise that lmdb keeps
 * to itself, which would end the process.
 */
export async function openEnvironment(options: EnvironmentOptions): Promise<RootDatabase> {
  const { path, format, readOnly = false } = options;
  const environment = open({
    path,
    noSubdir: true,
    overlappingSync: false,
    eventTurnBatching: false,
    readOnly,
  });
  const stored = storedOnce(environment, "format", format);
  if (stored !== undefined && stored <= format) return environment;
  await environment.close();
  throw new OffgraphError(
    "data-too-new",
    `${path} has format ${stored}, and this version reads formats up to ${format}`,
  );
}

/** A number fixed when the file was made: the stored one, else `value`, which is stored. */
export function storedOnce(
  environment: RootDatabase,
  name: string,
  value: number | undefined,
): number | undefined {
  const stored: unknown = environment.get(name);
  if (typeof stored === "number" || value === undefined) return stored as number | undefined;
  environment.putSync(name, value);
  return value;
}

/** Bytes of a key made by `digest`. */
export const DIGEST_BYTES = 20;

/**
 * The parts as a key of fixed size: 20 bytes of SHA-256. LMDB's keys end at 1,978 bytes, names from outside do not.
 * JSON keeps parts apart, and lone surrogates too, which UTF-8 would all turn into one character.
 */
export function digest(...parts: readonly (string | number)[]): Buffer {
  return hash("sha256", JSON.stringify(parts), "buffer").subarray(0, DIGEST_BYTES);
}

/** Range of all keys that begin with `prefix`. */
export function under(prefix: Buffer): { start: Buffer; end: Buffer } {
  return { start: prefix, end: Buffer.concat([prefix, AFTER_ALL]) };
}
const AFTER_ALL = Buffer.alloc(2 * DIGEST_BYTES + 1, 0xff);

/** Waits for a write; a refused one rejects with the reason, which lmdb tells in a promise of its own. */
export async function untilWritten<T>(write: Promise<T>, path: string): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!(error instanceof Error && "commitError" in error)) throw error;
    const cause = await Promise.resolve(error.commitError).catch((reason: unknown) => reason);
    throw new Error(`${path} was not written: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
