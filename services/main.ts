/**
 * The composition root: the services of one process, on the embedded log and store or on Kafka and Redis. Nothing is decided here.
 *
 * Stopping: no new requests, then the services in the data's order, each after the batch that it has in hand, then log and
 * store. What was accepted is in the log before it is answered, so kill -9 at any moment loses nothing of it either.
 */
import "./telemetry/metrics.ts";

import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { agentBaseline } from "../detectors/fold/agent-baseline.ts";
import { agentView } from "../detectors/fold/agent-view.ts";
import type { Settings } from "../schemas/settings.ts";
import { clock } from "./adapters/clock.ts";
import { apiRoutes } from "./api/index.ts";
import { gateRoutes } from "./gate/index.ts";
import type { Service } from "./http.ts";
import { ingestRoutes, readDeadLetters, tierOf } from "./ingest/index.ts";
import type { Entries } from "./ports/store.ts";
import { relearn } from "./processor/index.ts";
import { checkExposure } from "./server/access.ts";
import { createServer, listen } from "./server/server.ts";
import { contractKeysOf } from "./settings/contract-keys.ts";
import type { Secrets } from "./settings/secrets.ts";
import { type Opened, openInstallation } from "./start/opening.ts";
import { keptOf, needed, type Parts, startParts } from "./start/parts.ts";
import { auditReader, denialReader, incidentReader } from "./start/readers.ts";
import { supervise } from "./start/supervise.ts";
import { prometheusText } from "./telemetry/metrics.ts";

export { createLogger } from "./telemetry/logger.ts";

/** What a system is started with. */
interface SystemOptions {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly logger: Logger;
}

/** The running system of this process. */
export interface System {
  /** Where it listens, such as `http://127.0.0.1:7070`. */
  readonly url: string;
  /** Names what is not ready yet; empty when everything is. */
  waitingFor(): readonly string[];
  /** Events that the processors are behind. */
  lag(): number;
  stop(): Promise<void>;
  /** Resolves when stopped; rejects with `internal` when a service has failed, after the others have stopped. */
  readonly done: Promise<void>;
}

/** Opens log and store, starts the services of the process' roles and listens. */
export async function startSystem(options: SystemOptions): Promise<System> {
  checkExposure(options.settings.http);
  const opened = await openInstallation(options);
  return compose(options, opened);
}

async function compose(options: SystemOptions, opened: Opened): Promise<System> {
  const { settings, logger } = options;
  const parts = startParts(options, opened);
  const { services, calm, gate, lag } = parts;
  const told = (ask: (service: Service) => string | undefined) =>
    [...services].flatMap(([name, service]) => (ask(service) ? [`${name}: ${ask(service)}`] : []));
  const waitingFor = () => told((service) => service.waitingFor());
  const degraded = () => [...told((service) => service.degraded?.()), calm.waitingFor() ?? []].flat();
  const onFault = (err: Error) => logger.error({ err }, "a request failed");
  const direct = gate ? gateRoutes(gate) : [];
  const app = createServer({ settings, waitingFor, degraded, metrics: prometheusText, onFault, direct });
  addRoutes(app, settings, opened, parts);
  const before = async () => {
    calm.stop();
    await app.close();
  };
  const running = supervise({ services, before, after: opened.close, logger });
  const url = await listen(app, settings.http).catch(async (error: unknown) => {
    await running.stop();
    throw error;
  });
  const { roles, data, kafka } = settings;
  const where = kafka === undefined ? { data } : { kafka: kafka.brokers };
  logger.info({ url, roles, ...where, partitions: opened.stream.partitions }, "started");
  return { url, waitingFor, lag, ...running };
}

function addRoutes(app: FastifyInstance, settings: Settings, opened: Opened, parts: Parts): void {
  const { store, keys } = opened;
  const { stream, findings, installation, lag } = parts;
  const ports = { stream, store, clock };
  if (settings.roles.includes("ingest"))
    ingestRoutes(app, { ...ports, settings, key: needed(keys.hash), tierOf, lag });
  if (findings === undefined) return;
  const { partitions } = stream;
  const publicKey = () => installation.agreement().auditKey;
  apiRoutes(app, {
    ...ports,
    findings,
    deadLetters: (query) => readDeadLetters(stream, query),
    view: (entries: Entries) => agentView(entries, settings),
    baselineOf: (entries: Entries) => agentBaseline(entries, settings),
    relearn: (query) => relearn({ ...ports, settings, key: needed(keys.hash) }, query),
    keyName: needed(keys.hash).name,
    contractKeys: contractKeysOf(settings),
    incidents: incidentReader(store, partitions),
    denials: denialReader(store, partitions),
    audit: auditReader(store, partitions, keptOf(settings).auditFiles?.folder, publicKey),
  });
}
