/**
 * How gateways ask: `POST /v1/check` in JSON, and `/v1/authz` for Envoy's ext_authz (HTTP service) and nginx' auth_request.
 * Nothing stands between the socket and the answer from memory: both are direct routes.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ERRORS, OffgraphError } from "../../schemas/errors.ts";
import type { Access, DirectRoute } from "../http.ts";
import { badRequest, jsonOf } from "./body.ts";
import type { Gate, GateAnswer } from "./gate.ts";
import { answerSeconds } from "./metrics.ts";
import type { Question } from "./question.ts";

const CHECK = "/v1/check";
const AUTHORIZE = "/v1/authz";
const FIELDS: ReadonlySet<string> = new Set(["token", "tokenHash", "publicId", "family", "agent"]);
/** Longest name that is looked up, in characters; node's own limit for all headers is 16 KiB. */
const MAX_LENGTH = 16_384;

/** The gate's routes. The tenant is the caller's, never one that a request names. */
export function gateRoutes(gate: Gate): readonly DirectRoute[] {
  return [
    {
      role: "check",
      foreignHeaders: false,
      matches: ({ method, url }) => method === "POST" && isAt(CHECK, url, "?"),
      answer: (request, response, access) => check(gate, request, response, access),
    },
    {
      role: "check",
      foreignHeaders: true,
      // Any method: a gateway sends that of the request it asks about. It sends no body, or one that nobody reads.
      matches: ({ url }) => isAt(AUTHORIZE, url, "?") || isAt(AUTHORIZE, url, "/"),
      answer: (request, response, access) => authorize(gate, request, response, access),
    },
  ];
}

/** True for the path alone or followed by `next` and anything. */
function isAt(path: string, url = "", next: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === next);
}

async function check(
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
  { tenant }: Access,
): Promise<void> {
  const startedMs = performance.now();
  const question = questionOf(await jsonOf(request), tenant);
  refuseUntilReady(gate);
  send(response, 200, shown(gate.check(question)));
  answerSeconds.record((performance.now() - startedMs) / 1000);
}

/** 200 allows, 403 denies. */
function authorize(gate: Gate, request: IncomingMessage, response: ServerResponse, { tenant }: Access): void {
  const startedMs = performance.now();
  refuseUntilReady(gate);
  const { headers } = request;
  const answer = gate.check({
    tenant,
    token: authorizationOf(request),
    agent: headerOf(headers["x-offgraph-agent"]),
    publicId: headerOf(headers["x-offgraph-token-id"]),
    family: headerOf(headers["x-offgraph-family"]),
  });
  if (answer.allowed) response.writeHead(200, ALLOW).end();
  else send(response, 403, refusal(answer), DENY);
  answerSeconds.record((performance.now() - startedMs) / 1000);
}

const ALLOW = { "x-offgraph-decision": "allow", "content-length": "0" };
const DENY = { "x-offgraph-decision": "deny" };

/** So that a gateway fails closed. */
function refuseUntilReady(gate: Gate): void {
  if (gate.waitingFor() !== undefined) throw new OffgraphError("not-ready", ERRORS["not-ready"].means);
}

function send(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response
    .writeHead(status, {
      ...headers,
      "content-type": "application/json; charset=utf-8",
      "content-length": length,
    })
    .end(text);
}

/** For a gateway, which has the role. Of the denial it needs the action alone. */
const shown = ({ allowed, reason, until, denial }: GateAnswer) => ({
  allowed,
  reason,
  until,
  action: denial?.action,
});

/**
 * For the denied caller, to whom a gateway may pass it on. It says nothing that would help to get around the denial; `action`
 * is what to ask about, and those who may read find the reason under it.
 */
const refusal = ({ denial }: GateAnswer) => ({
  code: "denied",
  message: "this agent or token may not pass",
  wayOut: "ask those who run this service, and name the action",
  action: denial?.action,
});

/** Every `Authorization` header there is: node itself gives the first one only, and an API may read another. */
function authorizationOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  if (headers.authorization === undefined) return undefined;
  const isValue = (at: number) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === "authorization";
  return rawHeaders.filter((_, at) => isValue(at)).join(", ");
}

const headerOf = (value: string | string[] | undefined) => {
  const text = Array.isArray(value) ? value[0] : value;
  return text === "" ? undefined : text;
};

function questionOf(body: unknown, tenant: string): Question {
  if (typeof body !== "object" || body === null) throw badRequest("expected a JSON object");
  const given = Object.entries(body);
  for (const [name, value] of given) {
    if (!FIELDS.has(name))
      throw badRequest(`${name.slice(0, 64)}: expected one of ${[...FIELDS].join(", ")}`);
    if (typeof value !== "string" || value === "" || value.length > MAX_LENGTH)
      throw badRequest(`${name}: expected text of 1 to ${MAX_LENGTH} characters`);
  }
  if (given.length === 0) throw badRequest(`expected at least one of ${[...FIELDS].join(", ")}`);
  return { ...body, tenant };
}
