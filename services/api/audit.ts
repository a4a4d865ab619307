/** GET /v1/audit: the audit log for who verifies it, and GET /v1/audit/key. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";

/** Reads what the responder wrote down. */
export interface AuditReader {
  /** Each chain from its first entry; of other tenants' entries only their place in the chain. */
  entries(tenant: string): AsyncIterable<object>;
  /** Public key that signatures are verified with, PEM; undefined if nothing is signed. */
  readonly publicKey: string | undefined;
}

/** Adds the routes, for the role `read`. */
export function auditRoutes(app: FastifyInstance, audit: AuditReader): void {
  app.get("/v1/audit", { config: { role: "read" } }, async (request, reply) => {
    reply.type("application/x-ndjson");
    return Readable.from(lines(audit.entries(request.access.tenant)));
  });
  app.get("/v1/audit/key", { config: { role: "read" } }, async (_request, reply) => {
    if (audit.publicKey === undefined) throw new OffgraphError("not-found", "the audit log is not signed");
    reply.type("application/x-pem-file");
    return audit.publicKey;
  });
}

async function* lines(entries: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}
