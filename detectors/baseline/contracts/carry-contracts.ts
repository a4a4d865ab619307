/** Contracts outlast what was learned: where something else is known from now on, they are carried over into that. */
import type { Baseline } from "../baseline.ts";
import { addName, hashesOf, noteTier, numberOf, OTHER, tierOf } from "../names.ts";
import * as values from "../values/values.ts";
import { allowValue, recordOf } from "./contract-values.ts";
import { type Clause, type ContractInForce, contractOf, declare, endContract } from "./contracts.ts";

/** Puts the contracts of one baseline into force in another, unless a newer version is known there. */
export function carryContracts(from: Baseline, to: Baseline): void {
  for (const contract of from.contracts ?? []) carry(from, to, contract);
}

function carry(from: Baseline, to: Baseline, { clauses, ended, ...terms }: ContractInForce): void {
  const workflow = terms.workflow === 0 ? 0 : renumbered(from, to, terms.workflow);
  const contract = workflow === OTHER ? undefined : contractOf(to, { ...terms, workflow });
  if (contract === undefined || contract.ended) return;
  if (ended) endContract(to, contract);
  for (const [operation, clause] of clauses) carryClause(from, to, contract, operation, clause);
}

function carryClause(
  from: Baseline,
  to: Baseline,
  contract: ContractInForce,
  old: number,
  clause: Clause,
): void {
  const operation = renumbered(from, to, old);
  if (operation === OTHER) return;
  noteTier(to.names, operation, tierOf(from.names, old));
  const carried = declare(to, contract, operation, clause.sensitive);
  if (carried === undefined) return;
  for (const { field, low, high } of clause.values) {
    const record = recordOf(from, { operation: old, field, low, high });
    const value = record < 0 ? "" : values.labelOf(from.targets, record);
    allowValue(to, carried, { operation, field: renumbered(from, to, field), low, high, value });
  }
}

/** The number that a name has in the other dictionary, where it is added if it is new. */
function renumbered({ names: from }: Baseline, { names: to }: Baseline, number: number): number {
  const [low, high] = hashesOf(from, number);
  return numberOf(to, low, high) || addName(to, low, high, from.texts[number] ?? "");
}
