/** GET /v1/agents, /v1/agents/:id and /v1/baseline: what was learned, as of the last commit. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Entries, Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import { checked, PageQuery } from "./requests.ts";

/** Where the processor keeps an agent: this space, and the group `<tenant>/<agent>`. */
const SPACE = "processor";

export interface AgentOptions {
  readonly store: Store;
  readonly partitions: number;
  /** An agent's stored entries in readable form; plain JSON. */
  readonly view: (entries: Entries) => object;
}

export function agentRoutes(app: FastifyInstance, options: AgentOptions): void {
  app.get("/v1/agents", { config: { role: "read" } }, async (request) => {
    const { limit } = checked(PageQuery, request.query, "query");
    const agents: object[] = [];
    for await (const agent of agentsOf(options, request.access.tenant)) {
      if (agents.length === limit) return { agents, more: true };
      agents.push(brief(agent));
    }
    return { agents, more: false };
  });
  app.get<{ Params: { id: string } }>("/v1/agents/:id", { config: { role: "read" } }, async (request) => {
    const agent = await agentOf(options, request.access.tenant, request.params.id);
    if (agent !== undefined) return agent;
    throw new OffgraphError("not-found", `nothing was learned about an agent ${request.params.id}`);
  });
  app.get("/v1/baseline", { config: { role: "read" } }, async (request, reply) => {
    reply.type("application/x-ndjson");
    return Readable.from(lines(agentsOf(options, request.access.tenant)));
  });
}

async function agentOf(
  { store, partitions, view }: AgentOptions,
  tenant: string,
  id: string,
): Promise<object | undefined> {
  const group = `${tenant}/${id}`;
  const entries = (await store.load(SPACE, partitionOf(group, partitions), [group])).get(group);
  return entries && { agent: id, ...view(entries) };
}

async function* agentsOf({ store, partitions, view }: AgentOptions, tenant: string): AsyncGenerator<object> {
  const prefix = `${tenant}/`;
  for (let partition = 0; partition < partitions; partition++) {
    for await (const [group, entries] of store.scan(SPACE, partition)) {
      if (group.startsWith(prefix)) yield { agent: group.slice(prefix.length), ...view(entries) };
    }
  }
}

/** What fits in a list: the fields of a view that are one word or number. */
function brief(view: object): object {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => typeof value !== "object"));
}

async function* lines(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}
