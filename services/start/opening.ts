/** Opens what a process works on: log and store, embedded or on servers, and the installation's keys. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { ProcessRole } from "../../schemas/settings-servers.ts";
import { clock } from "../adapters/clock.ts";
import { openEmbedded } from "../adapters/index.ts";
import { openServerStore, openServerStream } from "../adapters/servers.ts";
import { codeOf } from "../file-fault.ts";
import { type Key, keyOf, loadOrMakeKey } from "../ingest/index.ts";
import { storeOfGeneration, topicPrefixOf } from "../layers/generation.ts";
import { rebuildFrom, rebuilding } from "../layers/rebuild.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import { type AuditKeys, auditKeysOf, loadOrMakeAuditKey } from "../responder/index.ts";
import type { Secrets } from "../settings/secrets.ts";
import {
  type Agreement,
  agree,
  fingerprintOf,
  isEmpty,
  pemOf,
  readAgreement,
  refuseLoss,
} from "./installation.ts";

interface OpeningOptions {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly logger: Logger;
}

/** The installation's own secrets, as far as the roles of this process need them. */
interface Keys {
  /** Hashes token values. */
  readonly hash: Key | undefined;
  /** Signs the audit log. */
  readonly audit: AuditKeys | undefined;
}

/** What a process works on, until it is closed. */
export interface Opened {
  readonly stream: Stream;
  readonly store: Store;
  readonly keys: Keys;
  /** What the installation has agreed on, and where that stands. */
  readonly agreement: Agreement;
  readonly agreedIn: Store;
  close(): Promise<void>;
}

/** Who hashes token values, and who signs. The others do without: a key that is not there is not stolen. */
const HASHING: ReadonlySet<ProcessRole> = new Set(["ingest", "processor", "gate", "api"]);
const SIGNING: ReadonlySet<ProcessRole> = new Set(["responder"]);

/** Errors: those of the log, the store and the keys; `bad-settings` when the installation has agreed on something else. */
export function openInstallation(options: OpeningOptions): Promise<Opened> {
  return options.settings.kafka === undefined ? openInFolder(options) : openOnServers(options);
}

async function openInFolder({ settings, secrets, logger }: OpeningOptions): Promise<Opened> {
  const { data: folder, partitions } = settings;
  const embedded = await openEmbedded({ folder, partitions, warn: (text) => logger.warn(text) });
  const { stream, store, close } = embedded;
  return orClose(close, async () => {
    const keys = await loadKeys(settings, secrets, {});
    const agreement = await agree(store, clock, said(keys));
    return { stream, store, keys, agreement, agreedIn: store, close };
  });
}

async function openOnServers({ settings, secrets, logger }: OpeningOptions): Promise<Opened> {
  const { kafka, redis } = settings;
  if (kafka === undefined || redis === undefined)
    throw new OffgraphError("bad-settings", "kafka and redis go together");
  const agreedIn = await openServerStore(redis, secrets);
  return orClose(
    () => agreedIn.close(),
    async () => {
      const log = (level: "debug" | "warn", message: string) => logger[level](message);
      const open = (generation: number) =>
        openServerStream(
          { ...kafka, topicPrefix: topicPrefixOf(kafka.topicPrefix, generation) },
          secrets,
          log,
        );
      const known = await readAgreement(agreedIn);
      const keys = await loadKeys(settings, secrets, known);
      const own = { ...said(keys), partitions: kafka.partitions };
      const beginning = isEmpty(known) ? await beginningOn(await open(0), logger) : {};
      const agreement = await agree(agreedIn, clock, own, beginning);
      const { generation = 0 } = agreement;
      const store = storeOfGeneration(agreedIn, generation);
      const check = async () => refuseLoss(await readAgreement(agreedIn).catch(() => agreement), agreement);
      const rebuild = agreement.rebuild?.generation === generation ? agreement.rebuild : undefined;
      const stream = rebuilding(await open(generation), { rebuild, check });
      const close = () => stream.close().finally(() => agreedIn.close());
      return { stream, store, keys, agreement, agreedIn, close };
    },
  );
}

/** An empty store and a log that is not empty: then the store was lost. */
async function beginningOn(stream: Stream, logger: Logger): Promise<Agreement> {
  const rebuild = await rebuildFrom(stream, clock.now()).finally(() => stream.close());
  if (rebuild === undefined) return {};
  logger.warn("the store is empty and the log is not: all state is rebuilt from the log, silently");
  return { rebuild };
}

async function orClose(close: () => Promise<void>, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the keys say to the others. */
const said = ({ hash, audit }: Keys): Agreement => ({
  ...(hash && { hashKey: fingerprintOf(hash.secret) }),
  ...(audit && { auditKey: pemOf(audit.publicKey) }),
});

/** From where the settings say, else from the data folder, where they are made if the installation has none yet. */
async function loadKeys(settings: Settings, secrets: Secrets, known: Agreement): Promise<Keys> {
  const { data, roles } = settings;
  const needs = (those: ReadonlySet<ProcessRole>) => roles.some((role) => those.has(role));
  const { hashKey, auditKey } = secrets;
  const hash =
    hashKey === undefined
      ? needs(HASHING) && (await orRefuse(known.hashKey, data, "hash.key", loadOrMakeKey))
      : keyOf(hashKey, "keys.hashFile");
  const audit =
    auditKey === undefined
      ? needs(SIGNING) && (await orRefuse(known.auditKey, data, "audit.key", loadOrMakeAuditKey))
      : auditKeysOf(auditKey, "keys.auditFile");
  return { hash: hash || undefined, audit: audit || undefined };
}

/** A key that were made where the installation has one already would be the wrong one. */
async function orRefuse<Loaded>(
  known: string | undefined,
  folder: string,
  name: "hash.key" | "audit.key",
  load: (folder: string) => Promise<Loaded>,
): Promise<Loaded> {
  const path = join(folder, name);
  const setting = name === "hash.key" ? "keys.hashFile" : "keys.auditFile";
  if (known === undefined || existsSync(path))
    return load(folder).catch((cause: unknown) => {
      if (cause instanceof OffgraphError) throw cause;
      const message = `${setting}: expected a folder in which it can be made, got ${folder} (${codeOf(cause)})`;
      throw new OffgraphError("bad-settings", message, { cause });
    });
  throw new OffgraphError(
    "bad-settings",
    `${setting}: expected the installation's key, which it has already; there is none in ${path}`,
  );
}
