/** GET /v1/agents, /v1/agents/:id and /v1/baseline: what was learned, as of the last commit. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";
import { AgentId } from "../../schemas/ids.ts";
import type { Entries, Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import type { DenialReader } from "./denials.ts";
import { checked, PageQuery } from "./requests.ts";

/** Where the processor keeps an agent: this space, and the group `<tenant>/<agent>`. */
const SPACE = "processor";

interface AgentOptions {
  readonly store: Store;
  readonly partitions: number;
  /** An agent's stored entries in readable form, plain JSON; undefined if this version cannot read them. */
  readonly view: (entries: Entries) => object | undefined;
  /** Name of the key that names are hashed with; an export is of use only under the same. */
  readonly keyName: string;
  readonly denials: Pick<DenialReader, "until">;
}

/** Adds the routes, for the role `read`. */
export function agentRoutes(app: FastifyInstance, options: AgentOptions): void {
  const { view, denials } = options;
  app.get("/v1/agents", { config: { role: "read" } }, async (request) => {
    const { limit } = checked(PageQuery, request.query, "query");
    const { tenant } = request.access;
    const agents: { id: AgentId }[] = [];
    let more = false;
    for await (const [id, entries] of agentsOf(options, tenant)) {
      more = agents.length === limit;
      if (more) break;
      agents.push({ id, ...brief(view(entries) ?? {}) });
    }
    const ids = agents.map(({ id }) => id);
    const until = await denials.until(tenant, ids);
    return { agents: agents.map((agent) => ({ ...agent, ...deniedBy(until, agent.id) })), more };
  });
  app.get<{ Params: { id: string } }>("/v1/agents/:id", { config: { role: "read" } }, async (request) => {
    const { tenant } = request.access;
    const known = await entriesOf(options, `${tenant}/${request.params.id}`);
    const shown = known && view(known);
    if (shown === undefined)
      throw new OffgraphError("not-found", `nothing was learned about an agent ${request.params.id}`);
    const id = AgentId.parse(request.params.id);
    return { ...deniedBy(await denials.until(tenant, [id]), id), ...shown };
  });
  app.get("/v1/baseline", { config: { role: "read" } }, async (request, reply) => {
    reply.type("application/x-ndjson");
    return Readable.from(exported(options, request.access.tenant));
  });
}

/** Says until when an agent is denied, if it is. */
const deniedBy = (until: ReadonlyMap<AgentId, string>, agent: AgentId) =>
  until.has(agent) ? { deniedUntil: until.get(agent) } : {};

async function entriesOf({ store, partitions }: AgentOptions, group: string): Promise<Entries | undefined> {
  return (await store.load(SPACE, partitionOf(group, partitions), [group])).get(group);
}

/** The agents of a tenant with their entries, partition by partition. */
export async function* agentsOf(
  { store, partitions }: Pick<AgentOptions, "store" | "partitions">,
  tenant: string,
): AsyncGenerator<[agent: AgentId, entries: Entries]> {
  const prefix = `${tenant}/`;
  for (let partition = 0; partition < partitions; partition++) {
    for await (const [group, entries] of store.scan(SPACE, partition)) {
      if (group.startsWith(prefix)) yield [AgentId.parse(group.slice(prefix.length)), entries];
    }
  }
}

/** What fits in a list: the fields of a view that are one word or number. */
function brief(view: object): object {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => typeof value !== "object"));
}

/** An agent a line: `view` for people, `stored` for `replay --from-baseline`, entries by name in base64. */
async function* exported(options: AgentOptions, tenant: string): AsyncGenerator<string> {
  for await (const [agent, entries] of agentsOf(options, tenant)) {
    const stored = Object.fromEntries(
      [...entries].map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]),
    );
    yield `${JSON.stringify({ id: agent, key: options.keyName, view: options.view(entries), stored })}\n`;
  }
}
