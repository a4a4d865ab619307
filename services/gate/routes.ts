/**
 * How gateways ask: `POST /v1/check` in JSON, and `/v1/authz` for Envoy's ext_authz (HTTP service) and nginx' auth_request.
 * No schema and no serialiser stands between the socket and the answer from memory.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ERRORS, OffgraphError } from "../../schemas/errors.ts";
import type { Answer, Gate, Question } from "./gate.ts";

const CHECK = { config: { role: "check" } } as const;
const AUTHORIZE = { config: { role: "check", foreignHeaders: true } } as const;
const FIELDS = ["token", "tokenHash", "publicId", "family", "agent"] as const;
/** Longest name that is looked up, in characters; node's own limit for all headers is 16 KiB. */
const MAX_LENGTH = 16_384;

/** Adds the gate's routes. The tenant is the caller's, never one that a request names. */
export function gateRoutes(app: FastifyInstance, gate: Gate): void {
  app.post("/v1/check", CHECK, async (request, reply) => {
    if (gate.waitingFor() !== undefined) return notReady(reply);
    return shown(gate.check({ ...questionOf(request.body), tenant: request.access.tenant }));
  });
  app.register(async (scope) => {
    // A gateway sends the method and headers of the request that it asks about, but not its body.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, parsed) => {
      payload.resume();
      parsed(null);
    });
    for (const url of ["/v1/authz", "/v1/authz/*"]) {
      scope.all(url, AUTHORIZE, (request, reply) => authorize(gate, request, reply));
    }
  });
}

/** 200 allows, 403 denies, 503 before the deny list has been read. */
async function authorize(gate: Gate, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (gate.waitingFor() !== undefined) return notReady(reply);
  const { headers, access, raw } = request;
  const answer = gate.check({
    tenant: access.tenant,
    token: authorizationOf(raw.rawHeaders),
    agent: headerOf(headers["x-offgraph-agent"]),
    publicId: headerOf(headers["x-offgraph-token-id"]),
    family: headerOf(headers["x-offgraph-family"]),
  });
  reply.header("x-offgraph-decision", answer.allowed ? "allow" : "deny");
  if (answer.allowed) return reply.code(200).send();
  const { wayOut } = ERRORS.denied;
  return reply.code(403).send({ code: "denied", ...shown(answer), message: answer.reason, wayOut });
}

function notReady(reply: FastifyReply): FastifyReply {
  const { means, wayOut } = ERRORS["not-ready"];
  return reply.code(503).header("retry-after", "1").send({ code: "not-ready", message: means, wayOut });
}

/** The denial's own fields stay inside: a gateway has no use for them. */
const shown = ({ allowed, reason, until, denial }: Answer) => ({
  allowed,
  ...(reason !== undefined && { reason }),
  ...(until !== undefined && { until }),
  ...(denial !== undefined && { action: denial.action }),
});

/** Every `Authorization` header there is: node itself gives the first one only, and an API may read another. */
function authorizationOf(rawHeaders: readonly string[]): string | undefined {
  const values = rawHeaders.filter(
    (_, at) => rawHeaders[at - 1]?.toLowerCase() === "authorization" && at % 2 === 1,
  );
  return values.length > 0 ? values.join(", ") : undefined;
}

const headerOf = (value: string | string[] | undefined) => {
  const text = Array.isArray(value) ? value[0] : value;
  return text === "" ? undefined : text;
};

function questionOf(body: unknown): Question {
  if (typeof body !== "object" || body === null) throw badRequest("expected a JSON object");
  const given = new Map<string, unknown>(Object.entries(body));
  for (const [name, value] of given) {
    if (!FIELDS.some((field) => field === name))
      throw badRequest(`${name.slice(0, 64)}: expected one of ${FIELDS.join(", ")}`);
    if (typeof value !== "string" || value === "" || value.length > MAX_LENGTH)
      throw badRequest(`${name}: expected text of 1 to ${MAX_LENGTH} characters`);
  }
  if (given.size === 0) throw badRequest(`expected at least one of ${FIELDS.join(", ")}`);
  return Object.fromEntries(given);
}

const badRequest = (message: string) => new OffgraphError("bad-request", `check: ${message}`);
