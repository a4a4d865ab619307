/**
 * POST /v1/agents/:id/{quarantine,release}, the same without :id and with `agent` in the body, and /v1/incidents/:id/{approve,reject,close}: a person's word.
 * It is durable before the answer 202; what comes of it is seen in the incident and its outcomes.
 */
import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Decision } from "../../schemas/action.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { AgentId, DecisionId, type IncidentId } from "../../schemas/ids.ts";
import type { Clock } from "../ports/clock.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import type { IncidentReader } from "./incidents.ts";
import { AgentDecisionBody, checked, DecisionBody } from "./requests.ts";

interface DecisionOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly incidents: IncidentReader;
}

type Named = { Params: { id: string } };

/** Adds the routes, for the role `act`. */
export function decisionRoutes(app: FastifyInstance, options: DecisionOptions): void {
  for (const verdict of ["quarantine", "release"] as const) {
    app.post<Named>(`/v1/agents/:id/${verdict}`, { config: { role: "act" } }, async (request, reply) => {
      const agent = checked(AgentId, request.params.id, "agent");
      const body = checked(DecisionBody, request.body, "body");
      return reply.code(202).send(await decide(options, request, { verdict, agent }, body));
    });
    // Clients take `.` and `..` out of a path, so an agent of such a name could not be reached by it.
    app.post(`/v1/agents/${verdict}`, { config: { role: "act" } }, async (request, reply) => {
      const { agent, ...body } = checked(AgentDecisionBody, request.body, "body");
      return reply.code(202).send(await decide(options, request, { verdict, agent }, body));
    });
  }
  for (const verdict of ["approve", "reject", "close"] as const) {
    app.post<Named>(`/v1/incidents/:id/${verdict}`, { config: { role: "act" } }, async (request, reply) => {
      const incident = await options.incidents.byId(request.access.tenant, request.params.id);
      if (incident === undefined)
        throw new OffgraphError("not-found", `there is no incident ${request.params.id}`);
      const about = { verdict, agent: incident.agent, incident: incident.id };
      const body = checked(DecisionBody, request.body, "body");
      return reply.code(202).send(await decide(options, request, about, body));
    });
  }
}

interface About {
  readonly verdict: "quarantine" | "release" | "approve" | "reject" | "close";
  readonly agent: AgentId;
  readonly incident?: IncidentId;
}

async function decide(
  { stream, clock }: DecisionOptions,
  request: FastifyRequest,
  about: About,
  { reason, durationMs }: DecisionBody,
): Promise<Decision> {
  const decision: Decision = {
    id: DecisionId.parse(`d-${randomBytes(16).toString("hex")}`),
    tenant: request.access.tenant,
    ...about,
    by: callerOf(request),
    reason,
    time: new Date(clock.now()).toISOString(),
    ...(durationMs === undefined || about.verdict !== "quarantine" ? {} : { durationMs }),
  };
  const partition = partitionOf(`${decision.tenant}/${decision.agent}`, stream.partitions);
  await stream.append([{ stream: "decisions", partition, value: Buffer.from(JSON.stringify(decision)) }]);
  return decision;
}

/** The access token's name; a person's name from X-Offgraph-By only beside it, because anybody can write that header. */
export function callerOf(request: FastifyRequest): string {
  const said = String(request.headers["x-offgraph-by"] ?? "")
    .replace(/[\p{Cc}()]/gu, "")
    .trim()
    .slice(0, 128);
  return said === "" ? request.access.name : `${request.access.name} (${said})`;
}
