/**
 * The composition root: every service of one process on the embedded log and store. Nothing is decided here.
 *
 * Stopping: no new requests, then the services in the data's order, each after the batch that it has in hand, then the
 * folder. What was accepted is in the log before it is answered, so kill -9 at any moment loses nothing of it either.
 */
import "./metrics.ts";

import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { agentView } from "../detectors/fold/agent-view.ts";
import type { Settings } from "../schemas/settings.ts";
import { checkExposure } from "./access.ts";
import { type Embedded, openEmbedded } from "./adapters/index.ts";
import { apiRoutes, followFindings } from "./api/index.ts";
import { clock } from "./clock.ts";
import { startEgress, startFileFeed, startWebhookFeed } from "./egress/index.ts";
import { gateRoutes, startGate } from "./gate/index.ts";
import type { Service } from "./http.ts";
import {
  ingestRoutes,
  type Key,
  keyedHash,
  loadOrMakeKey,
  readDeadLetters,
  startTicks,
  tierOf,
} from "./ingest/index.ts";
import { startJournal } from "./journal.ts";
import { prometheusText } from "./metrics.ts";
import type { Clock } from "./ports/clock.ts";
import type { Entries, Store } from "./ports/store.ts";
import type { Stream } from "./ports/stream.ts";
import { startProcessor } from "./processor/index.ts";
import { auditReader, denialReader, incidentReader } from "./readers.ts";
import { type AuditKeys, loadOrMakeAuditKey, startResponder } from "./responder/index.ts";
import { createServer, listen } from "./server.ts";
import { supervise } from "./supervise.ts";

export { createLogger } from "./logger.ts";

export interface SystemOptions {
  readonly settings: Settings;
  /** Signing secrets by webhook. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly logger: Logger;
}

/** The running system of this process. */
export interface System {
  /** Where it listens, such as `http://127.0.0.1:7070`. */
  readonly url: string;
  /** Names what is not ready yet; empty when everything is. */
  waitingFor(): readonly string[];
  /** Events that the processor is behind. */
  lag(): number;
  stop(): Promise<void>;
  /** Resolves when stopped; rejects with `internal` when a service has failed, after the others have stopped. */
  readonly done: Promise<void>;
}

/** How often silence is told to the detectors. */
const TICK_MS = 10_000;

/** Opens the data folder, starts every service and listens. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { data: folder, partitions, http } = options.settings;
  checkExposure(http);
  const embedded = await openEmbedded({ folder, partitions, warn: (text) => options.logger.warn(text) });
  const keys = await loadKeys(folder).catch(async (error: unknown) => {
    await embedded.close();
    throw error;
  });
  return compose(options, embedded, keys);
}

/** The installation's own secrets. */
interface Keys {
  /** Hashes token values. */
  readonly hash: Key;
  /** Signs the audit log. */
  readonly audit: AuditKeys;
}

async function loadKeys(folder: string): Promise<Keys> {
  return { hash: await loadOrMakeKey(folder), audit: await loadOrMakeAuditKey(folder) };
}

async function compose(options: SystemOptions, embedded: Embedded, keys: Keys): Promise<System> {
  const { settings, logger } = options;
  const parts = startServices(options, embedded, keys);
  const { services, processor } = parts;
  const told = (ask: (service: Service) => string | undefined) => () =>
    [...services].flatMap(([name, service]) => (ask(service) ? [`${name}: ${ask(service)}`] : []));
  const waitingFor = told((service) => service.waitingFor());
  const degraded = told((service) => service.degraded?.());
  const onFault = (err: Error) => logger.error({ err }, "a request failed");
  const direct = gateRoutes(parts.gate);
  const app = createServer({ settings, waitingFor, degraded, metrics: prometheusText, onFault, direct });
  addRoutes(app, settings, embedded, keys, parts);
  const running = supervise({ services, before: async () => app.close(), after: embedded.close, logger });
  const url = await listen(app, settings.http).catch(async (error: unknown) => {
    await running.stop();
    throw error;
  });
  logger.info({ url, data: settings.data, partitions: embedded.stream.partitions }, "started");
  return { url, waitingFor, lag: () => processor.lag(), ...running };
}

/** Every service, in the order in which they are stopped: that of the data. */
function startServices(
  { settings, secrets, logger }: SystemOptions,
  { stream, store }: Embedded,
  keys: Keys,
) {
  const ports = { stream, store, clock };
  const processor = startProcessor({ ...ports, settings, key: keys.hash });
  const gate = startGate({ stream, clock, keyedHash: (value) => keyedHash(keys.hash, value) });
  const findings = followFindings(stream);
  const services = new Map<string, Service>([
    ["ticks", startTicks({ stream, clock, everyMs: TICK_MS, tenant: settings.tenant })],
    ["processor", processor],
    [
      "responder",
      startResponder({ ...ports, settings, ...keptOf(settings), auditKey: keys.audit.privateKey }),
    ],
    ["egress", startEgress(ports)],
    ...startFeeds(ports, settings.feeds, secrets),
    ["gate", gate],
    ["findings index", findings],
    ["journal", startJournal(stream, logger)],
  ]);
  return { services, processor, gate, findings };
}

/** What the responder keeps, for how long and where. */
const keptOf = ({ data, incidents: { keepDays }, audit: { folder, maxFileBytes } }: Settings) => ({
  keepIncidentsMs: keepDays * 86_400_000,
  auditFiles: { folder: folder ?? join(data, "audit"), maxBytes: maxFileBytes },
});

type Parts = ReturnType<typeof startServices>;

function addRoutes(
  app: FastifyInstance,
  settings: Settings,
  { stream, store }: Embedded,
  keys: Keys,
  { processor, findings }: Parts,
): void {
  const ports = { stream, store, clock };
  const view = (entries: Entries) => agentView(entries, settings);
  ingestRoutes(app, { ...ports, settings, key: keys.hash, tierOf, lag: () => processor.lag() });
  apiRoutes(app, {
    ...ports,
    findings,
    deadLetters: (query) => readDeadLetters(stream, query),
    view,
    keyName: keys.hash.name,
    incidents: incidentReader(store, stream.partitions),
    denials: denialReader(store, stream.partitions),
    audit: auditReader(store, stream.partitions, keptOf(settings).auditFiles.folder, keys.audit.publicKey),
  });
}

/** A feed for the findings file, if there is one, and for each webhook. */
function startFeeds(
  ports: { stream: Stream; store: Store; clock: Clock },
  feeds: Settings["feeds"],
  secrets: SystemOptions["secrets"],
): [string, Service][] {
  const webhooks = feeds.webhooks.map((webhook): [string, Service] => [
    `webhook ${webhook.name}`,
    startWebhookFeed({ ...ports, webhook, secrets: [secrets.get(webhook.name) ?? ""] }),
  ]);
  return feeds.file === undefined
    ? webhooks
    : [["findings file", startFileFeed({ ...ports, path: feeds.file })], ...webhooks];
}
