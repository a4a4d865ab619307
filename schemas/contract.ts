/**
 * A contract: what the owner of an agent declares one of its workflows to be. As a file it is YAML or JSON in this shape; signed it
 * is a JWS in compact serialization (RFC 7515) with an Ed25519 signature (RFC 8037), whose payload is the JSON of this.
 */
import { z } from "zod";
import { AgentId, Instant, NAME_LENGTH, Tenant, text } from "./ids.ts";
import { operationFields } from "./operation.ts";

/** Largest contract, in bytes. */
export const MAX_CONTRACT_BYTES = 65_536;
/** Largest signed contract, in bytes: base64 takes a third more, header and signature less than 1 KB. */
export const MAX_SIGNED_BYTES = 88_576;
/** Most operations of a contract. */
export const MAX_CONTRACT_OPERATIONS = 1000;
/** Most contracts of one agent; one that has ended counts, because its version must not come again. */
export const MAX_CONTRACTS = 64;

/** One word that names a contract among those of its agent. */
const ContractName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be 1 to 64 small letters, digits, dots, dashes or underscores");

/** Counts up: an older version never takes the place of a newer one. */
const ContractVersion = z.int().min(1).max(2_147_483_647);

const ContractOperation = z.strictObject({
  service: operationFields.service,
  operation: operationFields.name.describe("Name of the operation."),
  sensitive: z
    .boolean()
    .default(false)
    .describe("It may write, send or administer. Without, the contract vouches for its reading alone."),
  targets: operationFields.targets.describe("Values that are allowed, by field; exact ones."),
});
/** One operation that a contract names. */
export type ContractOperation = z.infer<typeof ContractOperation>;

const nameOf = ({ service, operation }: ContractOperation) => `${service} ${operation}`;

/** What a workflow is, by the word of the agent's owner. */
export const Contract = z.strictObject({
  name: ContractName.describe("Of this contract, among those of the agent."),
  version: ContractVersion.describe("Counts up: an older one never takes the place of a newer one."),
  tenant: Tenant.optional().describe("Absent: whichever it is applied in."),
  agent: AgentId.describe("The agent that it is about."),
  workflow: text(NAME_LENGTH).optional().describe("Absent: sessions that declare none."),
  until: Instant.describe("In event time; afterwards what it names is judged as if it had never been."),
  closed: z
    .boolean()
    .default(false)
    .describe("Every other operation is told, also while the workflow is being learned, and also reads."),
  operations: z
    .array(ContractOperation)
    .max(MAX_CONTRACT_OPERATIONS)
    .refine((all) => new Set(all.map(nameOf)).size === all.length, { message: "names an operation twice" })
    .describe("What the workflow uses; none withdraws what an earlier version named."),
});
/** What a workflow is, by the word of the agent's owner. */
export type Contract = z.infer<typeof Contract>;

/** Which contract a decision carries out, as the events of the agent tell it. */
export const ContractTerms = z.object({
  name: ContractName,
  version: ContractVersion,
  until: Instant,
  closed: z.boolean(),
  /** Name of the key that has signed it, as the settings have it. */
  key: text(64),
  /** SHA-256 of what was signed, hexadecimal. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** The signed contract, once in each application of it. */
  signed: z.string().max(MAX_SIGNED_BYTES).optional(),
});
/** Which contract a decision carries out. */
export type ContractTerms = z.infer<typeof ContractTerms>;

const ContractKey = z.strictObject({
  name: text(64).describe("Shown wherever a contract is named that it has signed."),
  publicKeyFile: z
    .string()
    .describe("File with the Ed25519 public key, PEM; `offgraph contract keygen FILE` makes a pair."),
});

/** Settings of contracts. */
export const ContractSettings = z.strictObject({
  keys: z
    .array(ContractKey)
    .default([])
    .describe("Keys that owners of agents sign contracts with. With none, contracts are refused."),
});
