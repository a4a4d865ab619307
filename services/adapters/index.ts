/** Opens what the settings ask for. */
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import { lockFolder } from "./folder-lock.ts";
import { openLmdbStore } from "./store-lmdb.ts";
import { type LmdbStreamOptions, openLmdbStream, type Retention } from "./stream-lmdb.ts";

export { memoryStore, memoryStream } from "./memory.ts";

/** Streams that whoever sends can fill with what is no event; `retention` of a caller goes before. */
const RETENTION: Retention = { "dead-letters": { maxBytes: 268_435_456 } };

/** Log and store in a folder that this process holds. */
export interface Embedded {
  readonly stream: Stream;
  readonly store: Store;
  /** Stops the subscriptions, closes both and gives the folder back. */
  close(): Promise<void>;
}

/** What can be read without owning the folder. */
export interface EmbeddedReader {
  readonly stream: Pick<Stream, "partitions" | "end" | "read">;
  readonly store: Pick<Store, "position" | "load" | "scan" | "agentsOf" | "tokensOf">;
  close(): Promise<void>;
}

interface EmbeddedOptions extends Omit<LmdbStreamOptions, "readOnly"> {
  /** Told when the folder, which was there already, is open to other users of the machine. */
  readonly warn?: (message: string) => void;
}

/**
 * Log and store in one folder (made with mode 0700; its files have 0600), held by this process until closed or dead.
 * Errors: `data-in-use`, `data-too-new`, `bad-settings` (no such folder can be made; another number of partitions).
 */
export async function openEmbedded({ warn = () => {}, ...options }: EmbeddedOptions): Promise<Embedded> {
  makeFolder(options.folder);
  if (isOpenToOthers(options.folder))
    warn(`${options.folder} can be read by other users; chmod 700 closes it`);
  const unlock = lockFolder(options.folder);
  try {
    const { stream, store, close } = await openBoth({
      ...options,
      retention: { ...RETENTION, ...options.retention },
    });
    closeFiles(options.folder);
    return { stream, store, close: () => close().finally(unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * The same, read-only and without the lock: LMDB's readers see whole commits, whichever process writes (but not this one).
 * The log is shown as of the first look at each partition. Errors: `not-found` when there is nothing in the folder, `data-too-new`.
 */
export async function openReadOnly(folder: string): Promise<EmbeddedReader> {
  if (existsSync(`${folder}/stream.mdb`) && existsSync(`${folder}/store.mdb`)) {
    return openBoth({ folder, readOnly: true });
  }
  throw new OffgraphError("not-found", `${folder} holds no data of Offgraph`);
}

async function openBoth(options: LmdbStreamOptions): Promise<Embedded> {
  const stream = await openLmdbStream(options);
  try {
    const store = await openLmdbStore(options);
    return { stream, store, close: () => stream.close().finally(() => store.close()) };
  } catch (error) {
    await stream.close();
    throw error;
  }
}

function makeFolder(folder: string): void {
  try {
    makeEach(resolve(folder));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OffgraphError("bad-settings", `data: cannot make the folder ${folder} (${reason})`, { cause });
  }
}

/** Level by level: `recursive` of Node goes round for ever where nothing can be made, as in /proc. */
function makeEach(folder: string): void {
  if (existsSync(folder)) return;
  makeEach(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}

/** Windows has no such modes: there the folder's access list decides. */
const HAS_MODES = process.platform !== "win32";

function isOpenToOthers(folder: string): boolean {
  return HAS_MODES && (statSync(folder).mode & 0o077) !== 0;
}

/** Log, store and lock, each with what LMDB and SQLite put beside it. */
const OWN_FILES = /^(?:(?:stream|store)\.mdb|lock)(?:-[a-z]+)?$/;

/** What we make in the folder is for the owner alone, whatever the folder's mode and the process' umask. */
function closeFiles(folder: string): void {
  const own = readdirSync(folder).filter((name) => OWN_FILES.test(name));
  for (const file of own.map((name) => `${folder}/${name}`))
    if (HAS_MODES && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}
