/**
 * Contracts of an agent: what its owner has signed. What one names is pinned from when it is applied until it ends, and then is
 * what it was before, as far as nobody has decided otherwise. Only agents that have contracts pay for them.
 */
import { MAX_CONTRACT_OPERATIONS, MAX_CONTRACTS } from "../../../schemas/contract.ts";
import { type Baseline, type LearningProgress, progressOf } from "../baseline.ts";
import {
  addChild,
  BASELINE,
  CANDIDATE,
  child,
  DENIED,
  PINNED,
  setState,
  stateOf,
  witnessesOf,
} from "../graph/graph.ts";
import { tierOf } from "../names.ts";
import { type ContractValue, forgetValues } from "./contract-values.ts";

/** What a contract says of one operation. */
export interface Clause {
  /** Its sensitive use is allowed too. */
  readonly sensitive: boolean;
  /** State of the edge without this contract. */
  before: number;
  /** False where a person has denied the edge, or it was used for more than was declared. */
  holds: boolean;
  /** Values that are allowed, of fields that have any. */
  values: readonly ContractValue[];
}

/** What identifies a contract, and what it says as a whole. */
interface Terms {
  readonly name: string;
  readonly version: number;
  /** Event time, ms since 1970. */
  readonly untilMs: number;
  readonly closed: boolean;
  /** Name of the key that has signed it. */
  readonly key: string;
  /** SHA-256 of what was signed, hexadecimal. */
  readonly digest: string;
  /** Number of the workflow's name; 0 for sessions that declare none. */
  readonly workflow: number;
}

/** A contract, the newest version of its name. */
export interface ContractInForce extends Terms {
  /** By number of the operation's name. */
  readonly clauses: Map<number, Clause>;
  /** Its time is over: nothing of it is left but its version. */
  ended: boolean;
}

/** The contract, begun if it is new; undefined if a newer one is there, or another of the same version. */
export function contractOf(baseline: Baseline, terms: Terms): ContractInForce | undefined {
  const known = baseline.contracts?.find(({ name }) => name === terms.name);
  if (known !== undefined && known.version >= terms.version)
    return known.digest === terms.digest && known.version === terms.version ? known : undefined;
  if (known === undefined && (baseline.contracts?.length ?? 0) >= MAX_CONTRACTS) {
    baseline.capped++;
    return undefined;
  }
  if (known !== undefined) endContract(baseline, known);
  const begun = { ...terms, clauses: new Map(), ended: false };
  baseline.contracts = [...(baseline.contracts ?? []).filter((one) => one !== known), begun];
  return begun;
}

/** A contract names an operation; undefined if there is no room for it. */
export function declare(
  baseline: Baseline,
  contract: ContractInForce,
  operation: number,
  sensitive: boolean,
): Clause | undefined {
  const { clauses, workflow } = contract;
  const known = clauses.get(operation);
  if (known !== undefined) return known;
  const root = progressOf(baseline, workflow)?.root ?? 0;
  const node = root && (child(baseline.graph, root, operation) || addChild(baseline.graph, root, operation));
  if (node === 0 || clauses.size >= MAX_CONTRACT_OPERATIONS) {
    baseline.capped++;
    return undefined;
  }
  const before = stateOf(baseline.graph, node);
  const holds = before !== DENIED && (sensitive || tierOf(baseline.names, operation) === 0);
  const clause = { sensitive, before, holds, values: [] };
  clauses.set(operation, clause);
  if (holds) setState(baseline.graph, node, PINNED);
  return clause;
}

/** The edge of a workflow; 0 if there is none. */
export const edgeOf = (baseline: Baseline, workflow: number, operation: number) =>
  child(baseline.graph, baseline.progress.get(workflow)?.root ?? 0, operation);

/** The contract ends: what it has named is what it was before. */
export function endContract(baseline: Baseline, contract: ContractInForce): void {
  for (const operation of contract.clauses.keys()) lapse(baseline, contract, operation);
  contract.clauses.clear();
  contract.ended = true;
  baseline.version++;
}

/** One operation is no longer vouched for. */
export function lapse(baseline: Baseline, contract: ContractInForce, operation: number): void {
  const clause = contract.clauses.get(operation);
  if (clause === undefined) return;
  forgetValues(baseline, operation, clause);
  if (!clause.holds) return;
  clause.holds = false;
  // Somebody else had pinned it before.
  if (clause.before === PINNED) return;
  const heir = clausesOf(baseline, contract.workflow, operation).find((one) => one.holds);
  const node = edgeOf(baseline, contract.workflow, operation);
  if (heir !== undefined) heir.before = clause.before;
  else if (stateOf(baseline.graph, node) === PINNED) setState(baseline.graph, node, clause.before);
}

/** What the contracts of a workflow say of an operation. */
const clausesOf = (baseline: Baseline, workflow: number, operation: number): readonly Clause[] =>
  (baseline.contracts ?? []).flatMap((one) =>
    one.workflow === workflow ? (one.clauses.get(operation) ?? []) : [],
  );

/** A person has decided about an edge (its new state): it stays so when contracts end. */
export function noteDecided(baseline: Baseline, workflow: number, operation: number, state: number): void {
  for (const clause of clausesOf(baseline, workflow, operation)) {
    clause.before = state;
    clause.holds &&= state !== DENIED;
  }
}

/** A workflow's learning ends: what it has shown by enough witnesses is baseline, also when contracts end. */
export function noteLearned(baseline: Baseline, { workflow, root }: LearningProgress, needed: number): void {
  for (const contract of baseline.contracts ?? [])
    for (const [operation, clause] of contract.workflow === workflow ? contract.clauses : [])
      if (
        clause.before === CANDIDATE &&
        witnessesOf(baseline.graph, child(baseline.graph, root, operation)) >= needed
      )
        clause.before = BASELINE;
}
