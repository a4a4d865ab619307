/** GET /v1/denials: who is denied now, newest first, a page at a time. */
import type { FastifyInstance } from "fastify";
import type { DenialInForce } from "../../schemas/action.ts";
import type { AgentId, Tenant } from "../../schemas/ids.ts";
import { checked, DenialsQuery } from "./requests.ts";

/** Reads what egress has denied. */
export interface DenialReader {
  /** Newest first; `next` is the `before` of the next page, absent when there is none. */
  page(
    tenant: Tenant,
    query: DenialsQuery,
  ): Promise<{ readonly denials: readonly DenialInForce[]; readonly next?: string }>;
  /** Until when agents are denied, RFC 3339; those that are not are left out. */
  until(tenant: Tenant, agents: readonly AgentId[]): Promise<ReadonlyMap<AgentId, string>>;
}

/** Adds the route, for the role `read`. */
export function denialRoutes(app: FastifyInstance, denials: DenialReader): void {
  app.get("/v1/denials", { config: { role: "read" } }, async (request) => {
    const query = checked(DenialsQuery, request.query, "query");
    return denials.page(request.access.tenant, query);
  });
}
