/** What a contract would change against what is known, in lines. */
import type { Contract, ContractOperation } from "../../schemas/contract.ts";
import type { Edge, Learned } from "./learned.ts";
import { minute } from "./sentences.ts";
import { safe, shownCount } from "./terminal.ts";

/** A contract that the system has verified. */
export interface Verified {
  readonly contract: Contract;
  readonly key: string;
  readonly digest: string;
  /** The version that it takes the place of. */
  readonly replaces?: number;
}

/** The plan of `check` and `apply`. */
export function planOf(verified: Verified, learned: Learned): string[] {
  const { contract } = verified;
  const known = edgesOf(contract, learned);
  const named = new Set(contract.operations.map(nameOf));
  const others = known.filter(({ operation }) => !named.has(operation));
  const lines = [
    titleOf(verified),
    ...contract.operations.map((one) => `  ${lineOf(one, known)}`),
    ...others.flatMap((edge) => otherLine(contract, edge)),
  ];
  return lines.map(safe);
}

const nameOf = ({ service, operation }: ContractOperation) => `${service} ${operation}`;

function edgesOf({ workflow }: Contract, { agent, workflows }: Learned): readonly Edge[] {
  const one = workflow === undefined ? agent : workflows.find((known) => known.workflow === workflow);
  return one?.operations ?? [];
}

function titleOf({
  contract: { name, version, agent, workflow, until, closed },
  key,
  replaces,
}: Verified): string {
  const where = workflow === undefined ? "sessions without a workflow" : `workflow \`${workflow}\``;
  const before =
    replaces === undefined ? "" : replaces === version ? ", again" : `, in place of v${replaces}`;
  const others = closed ? "; every other operation is told" : "; other operations stay as they are";
  return `${agent}: contract ${name} v${version}, signed by ${key}${before}, for ${where} until ${minute(until)}${others}:`;
}

function lineOf(one: ContractOperation, known: readonly Edge[]): string {
  const edge = known.find(({ operation }) => operation === nameOf(one));
  const state =
    edge === undefined ? "never learned" : `${edge.state}, in ${shownCount(edge.sessions, "session")}`;
  return `\`${nameOf(one)}\`: ${state} → ${becomes(one, edge)}${valuesOf(one)}`;
}

function becomes({ sensitive }: ContractOperation, edge: Edge | undefined): string {
  if (edge?.state === "denied") return "stays denied: a person has said so";
  if (!sensitive && (edge?.tier ?? 0) > 0)
    return "stays as it is: its calls write, send or administer; declare it `sensitive: true`";
  return sensitive ? "may be used" : "may be used for reading";
}

function valuesOf({ targets = {} }: ContractOperation): string {
  const all = Object.entries(targets).map(([field, values]) => `${field} ${values.join(", ")}`);
  return all.length === 0 ? "" : `; with ${all.join("; ")}`;
}

/** What a closed contract leaves out, and what only the version before has named. */
function otherLine({ name, closed }: Contract, { operation, state, by }: Edge): string[] {
  if (by?.startsWith(`contract ${name} v`))
    return [`  \`${operation}\`: ${state} by the version before → as it was without`];
  if (!closed || state === "denied") return [];
  return [
    `  \`${operation}\`: ${state} → ${state === "pinned" ? "stays approved" : "told, because it is not named"}`,
  ];
}
