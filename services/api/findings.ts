/** GET /v1/findings and /v1/findings/:id. */
import type { FastifyInstance } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Finding } from "../../schemas/finding.ts";
import { isAtLeast } from "../../schemas/ids.ts";
import type { Newest } from "./newest.ts";
import { checked, FindingQuery } from "./requests.ts";

/** Whether a caller of this tenant asked for the finding. */
export function isWanted(finding: Finding, tenant: string, query: FindingQuery): boolean {
  if (finding.tenant !== tenant || !isAtLeast(finding.severity, query.severity)) return false;
  return query.agent === undefined || finding.agent === query.agent;
}

/** What is older than the newest findings is gone from memory, not lost. */
export const noFinding = (id: string) =>
  new OffgraphError(
    "not-found",
    `there is no finding ${id} among the newest; older ones come back with \`offgraph replay\``,
  );

/** Adds the routes, for the role `read`. */
export function findingRoutes(app: FastifyInstance, findings: Newest<Finding>): void {
  app.get("/v1/findings", { config: { role: "read" } }, async (request) => {
    const query = checked(FindingQuery, request.query, "query");
    const wanted: Finding[] = [];
    for (const finding of findings.list(query.before)) {
      if (isWanted(finding, request.access.tenant, query)) wanted.push(finding);
      if (wanted.length === query.limit) break;
    }
    return { findings: wanted };
  });
  app.get<{ Params: { id: string } }>("/v1/findings/:id", { config: { role: "read" } }, async (request) => {
    const finding = findings.byId(request.params.id);
    if (finding?.tenant === request.access.tenant) return finding;
    throw noFinding(request.params.id);
  });
}
