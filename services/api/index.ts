/** Read and decide over HTTP. The tenant is always that of the caller's access, never one that a request names. */
import type { FastifyInstance } from "fastify";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entries, Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import type { AgentView } from "./agent-view.ts";
import { agentRoutes } from "./agents.ts";
import { type AuditReader, auditRoutes } from "./audit.ts";
import { baselineRoutes } from "./baseline.ts";
import { type RestoreOptions, restoreRoutes } from "./baseline-restore.ts";
import type { ContractKey } from "./contract-signature.ts";
import { contractRoutes } from "./contracts.ts";
import { decisionRoutes } from "./decisions.ts";
import { type DenialReader, denialRoutes } from "./denials.ts";
import { feedRoute } from "./feed.ts";
import { findingRoutes } from "./findings.ts";
import { type IncidentReader, incidentRoutes } from "./incidents.ts";
import type { Newest } from "./newest.ts";
import { checked, PageQuery } from "./requests.ts";

export type { AuditReader } from "./audit.ts";
export type { DenialReader } from "./denials.ts";
export { followFindings } from "./finding-index.ts";
export type { IncidentReader } from "./incidents.ts";

/** Most dead letters of one answer. */
const MAX_DEAD_LETTERS = 1000;

/** What all routes of the api work on. */
export interface ApiOptions extends Pick<RestoreOptions, "baselineOf" | "relearn"> {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly findings: Newest<Finding>;
  /** The newest dead letters of a tenant, newest last; at most `limit`. */
  readonly deadLetters: (query: { tenant: string; limit: number }) => Promise<readonly DeadLetter[]>;
  readonly incidents: IncidentReader;
  readonly denials: DenialReader;
  readonly audit: AuditReader;
  /** An agent's stored entries in readable form, plain JSON; undefined if this version cannot read them. */
  readonly view: (entries: Entries) => AgentView | undefined;
  /** Name of the installation's key. */
  readonly keyName: string;
  /** Keys that are trusted to sign contracts. */
  readonly contractKeys: readonly ContractKey[];
}

/** Adds all of them. */
export function apiRoutes(app: FastifyInstance, options: ApiOptions): void {
  findingRoutes(app, options.findings);
  feedRoute(app, options);
  agentRoutes(app, {
    store: options.store,
    partitions: options.stream.partitions,
    view: options.view,
    keyName: options.keyName,
    denials: options.denials,
  });
  auditRoutes(app, options.audit);
  denialRoutes(app, options.denials);
  incidentRoutes(app, options.incidents);
  decisionRoutes(app, options);
  baselineRoutes(app, options);
  restoreRoutes(app, options);
  contractRoutes(app, { ...options, partitions: options.stream.partitions });
  app.get("/v1/dead-letters", { config: { role: "read" } }, async (request) => {
    const { limit } = checked(PageQuery, request.query, "query");
    const { tenant } = request.access;
    const newest = await options.deadLetters({ tenant, limit: Math.min(limit, MAX_DEAD_LETTERS) });
    return { deadLetters: newest.toReversed() };
  });
}
