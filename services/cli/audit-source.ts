/** Where `offgraph audit verify` reads from: files, a data folder, or the running system. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { OffgraphError } from "../../schemas/errors.ts";
import { openReadOnly } from "../adapters/index.ts";
import { fileFault } from "../file-fault.ts";
import {
  type AuditLine,
  auditFiles,
  auditLines,
  auditLinesIn,
  auditLinesOf,
  readAuditKey,
} from "../responder/index.ts";
import { loadSettings } from "../settings/config.ts";
import type { ApiClient } from "./client.ts";
import { type CommandOptions, clientOf } from "./options.ts";

/** The options that say where from; without any, the running system. */
export interface SourceOptions extends CommandOptions {
  readonly data?: string;
  readonly key?: string;
}

export interface AuditSource {
  readonly lines: AsyncIterable<AuditLine>;
  /** Absent: signatures cannot be checked. */
  readonly key: KeyObject | undefined;
}

/** Fails with `bad-settings` for a key that is none, `file-unreadable` and `not-found` for what is not there. */
export async function auditSource(files: readonly string[], options: SourceOptions): Promise<AuditSource> {
  const given = options.key === undefined ? undefined : await keyOf(options.key);
  if (files.length > 0) return { lines: fileLines(files), key: given };
  if (options.data !== undefined) {
    const key = given ?? (await readAuditKey(join(options.data, "audit.key")));
    return { lines: folderLines(options.data, options), key };
  }
  const client = clientOf(options);
  const answer = await client.open("/v1/audit/key", {}, [404]);
  const key = answer.ok ? createPublicKey(await answer.text()) : undefined;
  return { lines: systemLines(client), key: given ?? key };
}

async function* systemLines(client: ApiClient): AsyncGenerator<AuditLine> {
  const { body } = await client.open("/v1/audit");
  if (body === null) return;
  try {
    yield* auditLinesIn(client.url, createInterface({ input: Readable.fromWeb(body) }));
  } catch (cause) {
    throw new OffgraphError("not-running", `${client.url} stopped in the middle of the audit log`, { cause });
  }
}

async function keyOf(path: string): Promise<KeyObject> {
  const key = await readAuditKey(path);
  if (key !== undefined) return key;
  throw new OffgraphError("bad-settings", `--key: expected a readable file, got ${path} (ENOENT)`);
}

async function* fileLines(paths: readonly string[]): AsyncGenerator<AuditLine> {
  for (const path of paths) for (const file of await filesOf(path)) yield* auditLinesOf(file);
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw fileFault(path, "read", cause);
  });
  if (!found.isDirectory()) return [path];
  const files = await auditFiles(path);
  if (files.length > 0) return files;
  throw new OffgraphError("not-found", `${path} holds no files of an audit log`);
}

async function* folderLines(data: string, options: CommandOptions): AsyncGenerator<AuditLine> {
  const { audit } = loadSettings({ path: options.config });
  const { stream, store, close } = await openReadOnly(data);
  try {
    for (let partition = 0; partition < stream.partitions; partition++)
      yield* auditLines(store, partition, audit.folder ?? join(data, "audit"));
  } finally {
    await close();
  }
}
