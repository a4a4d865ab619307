/** The services of a process, by its roles. Nothing is decided here. */
import { join } from "node:path";
import type { Logger } from "pino";
import { CAUSES } from "../../detectors/index.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import { clock } from "../adapters/clock.ts";
import { openServerSource, sourcePlace } from "../adapters/servers.ts";
import { followFindings } from "../api/index.ts";
import { startEgress, startFileFeed, startWebhookFeed } from "../egress/index.ts";
import { startGate } from "../gate/index.ts";
import type { Service } from "../http.ts";
import {
  type Key,
  keyedHash,
  openTokenIndex,
  startTicks,
  startTopicSource,
  tierOf,
} from "../ingest/index.ts";
import { storeOfGeneration } from "../layers/generation.ts";
import { patient } from "../layers/patience.ts";
import { soundRecords } from "../layers/sound-records.ts";
import { startLearner } from "../learner/index.ts";
import type { Store } from "../ports/store.ts";
import { startProcessor } from "../processor/index.ts";
import { startResponder } from "../responder/index.ts";
import type { Secrets } from "../settings/secrets.ts";
import { watchInstallation } from "./installation.ts";
import { startJournal } from "./journal.ts";
import { followLag } from "./lag.ts";
import type { Opened } from "./opening.ts";

interface PartsOptions {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly logger: Logger;
}

/** How often silence is told to the detectors. */
const TICK_MS = 10_000;

export type Parts = ReturnType<typeof startParts>;

/** Starts what the roles ask for; `services` are in the order in which they are stopped: that of the data. */
export function startParts({ settings, secrets, logger }: PartsOptions, opened: Opened) {
  const { keys } = opened;
  const stream = soundRecords({ stream: opened.stream, clock, tenant: settings.tenant });
  const calm = patient(stream, opened.agreedIn, clock);
  const store = storeOfGeneration(calm.store, opened.agreement.generation ?? 0);
  const ports = { stream: calm.stream, store, clock };
  const has = (role: Settings["roles"][number]) => settings.roles.includes(role);
  const services = new Map<string, Service>();
  const add = <One extends Service>(name: string, service: One): One => {
    services.set(name, service);
    return service;
  };
  const installation = add("installation", watchInstallation(opened.agreedIn, opened.agreement, clock));
  if (has("ingest"))
    // A tick that the log does not take is left out, so it need not be patient.
    add("ticks", startTicks({ stream, clock, everyMs: TICK_MS, tenant: settings.tenant }));
  const sources = { ...ports, positions: calm.store, lag: () => lag() };
  if (has("ingest"))
    for (const [name, source] of startSources({ settings, secrets, logger }, opened, sources))
      add(name, source);
  const processor = has("processor")
    ? add("processor", startProcessor({ ...ports, settings, key: needed(keys.hash) }))
    : undefined;
  if (has("learner"))
    add("learner", startLearner({ ...ports, settings, partitions: stream.partitions, space: "processor" }));
  if (has("responder"))
    add(
      "responder",
      startResponder({
        ...ports,
        ...keptOf(settings),
        settings,
        causes: CAUSES,
        auditKey: keys.audit?.privateKey,
      }),
    );
  if (has("egress")) {
    add("egress", startEgress(ports));
    for (const [name, feed] of startFeeds(ports, settings.feeds, secrets.webhooks)) add(name, feed);
  }
  const hashed = (value: string) => keyedHash(needed(keys.hash), value);
  const gate = has("gate") ? add("gate", startGate({ ...ports, keyedHash: hashed })) : undefined;
  const findings = has("api") ? add("findings index", followFindings(calm.stream)) : undefined;
  if (has("api")) add("journal", startJournal(calm.stream, logger));
  const lag = lagOf(settings, opened, processor, add);
  return { services, installation, stream, calm, gate, findings, lag };
}

/** What is read from topics; its positions outlive a change of our own partitions. */
function startSources(
  { settings, secrets, logger }: PartsOptions,
  { keys }: Opened,
  ports: Ports & { readonly positions: Store; readonly lag: () => number },
): [string, Service][] {
  const log = (level: "debug" | "warn", message: string) => logger[level](message);
  const index = openTokenIndex(ports.store);
  const key = needed(keys.hash);
  return settings.sources.map((source) => {
    const raw = openServerSource(source, settings.kafka, secrets, log);
    logger.info(sourcePlace(source, settings.kafka), "reads a source, as far as its topics are there");
    return [
      `source ${source.name}`,
      startTopicSource({ ...ports, index, key, tierOf, settings, source, raw }),
    ];
  });
}

/** In a process that is everything the processor knows best; else it is what all processors have committed that counts. */
function lagOf(
  { kafka, roles }: Settings,
  { stream, store }: Opened,
  processor: { lag(): number } | undefined,
  add: <One extends Service>(name: string, service: One) => One,
): () => number {
  if (kafka === undefined && processor !== undefined) return () => processor.lag();
  if (!roles.includes("ingest")) return () => processor?.lag() ?? 0;
  const { events } = add("lag", followLag({ stream, store, clock, space: "processor" }));
  return events;
}

/** What the responder keeps, for how long and where. On servers the audit log stays in the store, unless a folder is named. */
export function keptOf({ data, kafka, incidents, audit }: Settings) {
  const folder = audit.folder ?? (kafka === undefined ? join(data, "audit") : undefined);
  return {
    keepIncidentsMs: incidents.keepDays * 86_400_000,
    ...(folder !== undefined && { auditFiles: { folder, maxBytes: audit.maxFileBytes } }),
  };
}

/** The opening has seen to it. */
export function needed(key: Key | undefined): Key {
  if (key === undefined)
    throw new OffgraphError("internal", "a role that hashes was started without the key");
  return key;
}

type Ports = Parameters<typeof startEgress>[0];

/** A feed for the findings file, if there is one, and for each webhook. */
function startFeeds(
  ports: Ports,
  feeds: Settings["feeds"],
  secrets: Secrets["webhooks"],
): [string, Service][] {
  const webhooks = feeds.webhooks.map((webhook): [string, Service] => [
    `webhook ${webhook.name}`,
    startWebhookFeed({ ...ports, webhook, secrets: [secrets.get(webhook.name) ?? ""] }),
  ]);
  return feeds.file === undefined
    ? webhooks
    : [["findings file", startFileFeed({ ...ports, path: feeds.file })], ...webhooks];
}
