/** GET /v1/incidents and /v1/incidents/:id. */
import type { FastifyInstance } from "fastify";
import type { Incident } from "../../schemas/action.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { checked, PageQuery } from "./requests.ts";

/** Reads what the responder has gathered. */
export interface IncidentReader {
  byId(tenant: string, id: string): Promise<Incident | undefined>;
  /** In no particular order. */
  all(tenant: string): Promise<readonly Incident[]>;
}

/** Adds the routes, for the role `read`. */
export function incidentRoutes(app: FastifyInstance, incidents: IncidentReader): void {
  app.get("/v1/incidents", { config: { role: "read" } }, async (request) => {
    const { limit } = checked(PageQuery, request.query, "query");
    const all = [...(await incidents.all(request.access.tenant))];
    all.sort((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt) || (a.id < b.id ? -1 : 1));
    return { incidents: all.slice(0, limit) };
  });
  app.get<{ Params: { id: string } }>("/v1/incidents/:id", { config: { role: "read" } }, async (request) => {
    const incident = await incidents.byId(request.access.tenant, request.params.id);
    if (incident !== undefined) return incident;
    throw new OffgraphError("not-found", `there is no incident ${request.params.id}`);
  });
}
