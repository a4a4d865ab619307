/**
 * POST /v1/findings/:id/{release,confirm}: what becomes of the session that a finding was made in; and
 * POST /v1/baseline/{approve,deny}: what an agent may or may not do, whoever has done it before.
 */
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Finding } from "../../schemas/finding.ts";
import { AgentId, NAME_LENGTH, text } from "../../schemas/ids.ts";
import { operationFields } from "../../schemas/operation.ts";
import type { Clock } from "../ports/clock.ts";
import type { Stream } from "../ports/stream.ts";
import { type AskedDecision, say } from "./baseline-decision.ts";
import { type DeniedOptions, refuseTooManyDenied } from "./denied-edges.ts";
import { noFinding } from "./findings.ts";
import type { Newest } from "./newest.ts";
import { checked } from "./requests.ts";

interface BaselineOptions extends DeniedOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly findings: Pick<Newest<Finding>, "byId">;
}

/** Why: somebody will ask for it later. */
export const Reason = z.string().trim().min(1).max(1024);

const SessionBody = z.strictObject({
  reason: Reason,
  edges: z
    .boolean()
    .default(false)
    .describe("What was found strange in the session is approved, or denied, with it."),
});

const EdgeBody = z.strictObject({
  reason: Reason,
  agent: AgentId,
  workflow: text(NAME_LENGTH).optional().describe("Absent: in all of its workflows."),
  service: operationFields.service,
  operation: operationFields.name,
  targets: operationFields.targets.describe(
    "These values of the operation, instead of the operation itself.",
  ),
});

const SESSION_VERDICTS = { release: "release-session", confirm: "confirm-session" } as const;
const EDGE_VERDICTS = { approve: "approve-edge", deny: "deny-edge" } as const;

/** Adds the routes, for the role `act`. */
export function baselineRoutes(app: FastifyInstance, options: BaselineOptions): void {
  const act = { config: { role: "act" } } as const;
  for (const name of ["release", "confirm"] as const)
    app.post<{ Params: { id: string } }>(`/v1/findings/:id/${name}`, act, async (request, reply) => {
      const finding = options.findings.byId(request.params.id);
      if (finding?.tenant !== request.access.tenant) throw noFinding(request.params.id);
      const body = checked(SessionBody, request.body, "body");
      const asked = ofSession(SESSION_VERDICTS[name], finding, body);
      return reply.code(202).send(await say(options, request, asked));
    });
  for (const name of ["approve", "deny"] as const)
    app.post(`/v1/baseline/${name}`, act, async (request, reply) => {
      const asked = ofEdge(EDGE_VERDICTS[name], checked(EdgeBody, request.body, "body"));
      const edges = Object.values(asked.operation?.targets ?? {}).flat().length || 1;
      if (name === "deny") await refuseTooManyDenied(options, request.access.tenant, asked.agent, edges);
      return reply.code(202).send(await say(options, request, asked));
    });
}

function ofSession(
  verdict: (typeof SESSION_VERDICTS)[keyof typeof SESSION_VERDICTS],
  { id, agent, session }: Finding,
  { reason, edges }: z.infer<typeof SessionBody>,
): AskedDecision {
  const subject = edges ? `${id} with its edges` : id;
  return { agent, reason, subject, said: { verdict, session, edges } };
}

function ofEdge(
  verdict: (typeof EDGE_VERDICTS)[keyof typeof EDGE_VERDICTS],
  { agent, reason, workflow, service, operation: name, targets }: z.infer<typeof EdgeBody>,
): AskedDecision {
  if (targets !== undefined && workflow !== undefined)
    throw new OffgraphError("bad-request", "body: targets are the whole agent's; give them without workflow");
  const pairs = Object.entries(targets ?? {}).map(([field, values]) => `${field}=${values.join(",")}`);
  const subject = [
    `${service} ${name}`,
    ...pairs,
    ...(workflow === undefined ? [] : [`in ${workflow}`]),
  ].join(" ");
  // Its tier is told by its calls; the largest one counts.
  const operation = { service, name, tier: 0 as const, ...(targets && { targets }) };
  return { agent, reason, subject, said: { verdict }, workflow, operation };
}
