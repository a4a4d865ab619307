/**
 * POST /v1/contracts: what an agent's owner has signed is put into effect. It is verified here, before anything is written; the
 * audit log and the agent's log keep it as it was signed. With `dryRun` the answer says what it is, and nothing is done.
 * GET /v1/contracts: those of all agents, or with ?agent=ID of one.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Contract, ContractOperation } from "../../schemas/contract.ts";
import { MAX_CONTRACTS } from "../../schemas/contract.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { AgentId } from "../../schemas/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entries, Store } from "../ports/store.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import type { AgentView, KnownContract } from "./agent-view.ts";
import { agentsOf } from "./agents.ts";
import { Reason } from "./baseline.ts";
import { type DecisionPart, sayAll } from "./baseline-decision.ts";
import { type ContractKey, type SignedContract, verifyContract } from "./contract-signature.ts";
import { checked, PageQuery } from "./requests.ts";

interface ContractOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly partitions: number;
  readonly clock: Clock;
  /** An agent's stored entries in readable form; undefined if this version cannot read them. */
  readonly view: (entries: Entries) => AgentView | undefined;
  /** Keys that are trusted to sign contracts. */
  readonly contractKeys: readonly ContractKey[];
}

const ContractBody = z.strictObject({
  signed: z.string().trim().describe("The signed contract, a JWS in compact serialization."),
  reason: Reason.optional().describe("Absent: the name of the contract."),
  dryRun: z.boolean().default(false).describe("Only answer what it is."),
});

const ContractQuery = z.object({
  agent: AgentId.optional().describe("Only those of this agent."),
  limit: PageQuery.shape.limit,
});

/** Adds the routes of contracts. */
export function contractRoutes(app: FastifyInstance, options: ContractOptions): void {
  app.post("/v1/contracts", { config: { role: "act" } }, async (request, reply) => {
    const { signed, reason, dryRun } = checked(ContractBody, request.body, "body");
    const verified = verifyContract(signed, options.contractKeys, options.clock.now());
    const { contract, key, digest } = verified;
    const { tenant } = request.access;
    if ((contract.tenant ?? tenant) !== tenant)
      throw new OffgraphError(
        "bad-request",
        `contract ${contract.name}: it is of another tenant, ${contract.tenant}`,
      );
    const known = await contractsOf(options, tenant, contract.agent);
    refuseOlder(verified, known);
    if (dryRun) return { dryRun, contract, key, digest, replaces: versionOf(known, contract) };
    return reply.code(202).send(await apply(options, request, verified, reason));
  });
  app.get("/v1/contracts", { config: { role: "read" } }, async (request) => {
    const { agent, limit } = checked(ContractQuery, request.query, "query");
    const { tenant } = request.access;
    if (agent === undefined) return listed(options, tenant, limit);
    return { contracts: listOf(agent, await contractsOf(options, tenant, agent)), more: false };
  });
}

const listOf = (agent: string, known: readonly KnownContract[]) => known.map((one) => ({ agent, ...one }));

/** Of all agents, as many as fit. */
async function listed(options: ContractOptions, tenant: string, limit: number) {
  const contracts: object[] = [];
  for await (const [agent, entries] of agentsOf(options, tenant)) {
    contracts.push(...listOf(agent, contractsIn(options, entries)));
    if (contracts.length > limit) break;
  }
  return { contracts: contracts.slice(0, limit), more: contracts.length > limit };
}

const versionOf = (known: readonly KnownContract[], { name }: Contract) =>
  known.find((one) => one.name === name)?.version;

/** Contracts of an agent as of the last commit; a version that crosses another on its way is refused by the detector. */
async function contractsOf(options: ContractOptions, tenant: string, agent: string) {
  const { store, partitions } = options;
  const group = `${tenant}/${agent}`;
  const entries = (await store.load("processor", partitionOf(group, partitions), [group])).get(group);
  return entries === undefined ? [] : contractsIn(options, entries);
}

function contractsIn({ view }: ContractOptions, entries: Entries): readonly KnownContract[] {
  return view(entries)?.["out-of-graph"]?.contracts ?? [];
}

/** An older version, or another one of the same number, never takes the place of what is known. */
function refuseOlder(
  { contract: { name, version }, digest }: SignedContract,
  known: readonly KnownContract[],
): void {
  const newest = known.find((one) => one.name === name);
  if (newest === undefined && known.length >= MAX_CONTRACTS)
    throw new OffgraphError("bad-request", `the agent has ${MAX_CONTRACTS} contracts, and more are not kept`);
  if (newest === undefined || newest.version < version || newest.digest === digest) return;
  const why = newest.version === version ? "another" : "a newer one";
  throw new OffgraphError(
    "bad-request",
    `contract ${name}: version ${version} was signed before: ${why}, version ${newest.version}, is known; sign it with a higher version`,
  );
}

/** Says the contract, and then each of its operations. */
function apply(
  options: ContractOptions,
  request: FastifyRequest,
  { contract, key, digest, signed }: SignedContract,
  reason: string | undefined,
) {
  const { name, version, until, closed, agent, workflow, operations } = contract;
  const terms = { name, version, until, closed, key, digest };
  const header: DecisionPart = { said: { verdict: "contract", contract: { ...terms, signed } }, workflow };
  const parts = operations.map(
    (one): DecisionPart => ({
      said: { verdict: "contract", contract: terms },
      workflow,
      operation: operationOf(one),
    }),
  );
  const title = `contract ${name} v${version}`;
  const subject = `${title}, signed by ${key}: sha256 ${digest}`;
  const asked = { agent, reason: reason ?? title, subject, verdict: "contract" as const, contract: signed };
  return sayAll(options, request, asked, [header, ...parts]);
}

/** Its tier is told by its calls; what is sensitive is so before the first of them. */
const operationOf = ({ service, operation: name, sensitive, targets }: ContractOperation) => ({
  service,
  name,
  tier: sensitive ? (1 as const) : (0 as const),
  ...(targets && { targets }),
});
