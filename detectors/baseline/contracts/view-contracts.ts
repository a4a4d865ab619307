/** Contracts of an agent in readable form. */
import type { Baseline, LearningProgress } from "../baseline.ts";
import { nameOf } from "../wording.ts";
import type { Clause, ContractInForce } from "./contracts.ts";

/** All of them, those that have ended too. */
export const contractsView = (baseline: Baseline) =>
  (baseline.contracts ?? []).map((one) => contractView(baseline, one));

function contractView(baseline: Baseline, contract: ContractInForce) {
  const { name, version, workflow, untilMs, closed, ended, key, digest, clauses } = contract;
  const open = [...clauses].filter(([, { holds }]) => !holds);
  return {
    name,
    version,
    ...(workflow !== 0 && { workflow: nameOf(baseline, workflow) }),
    until: new Date(untilMs).toISOString(),
    state: ended ? "ended" : "in force",
    closed,
    key,
    digest,
    operations: clauses.size,
    doesNotHoldFor: open.map(([operation, clause]) => ({
      operation: nameOf(baseline, operation),
      why: whyOf(clause),
    })),
  };
}

const whyOf = ({ sensitive }: Clause) =>
  sensitive
    ? "a person has denied it"
    : "it writes, sends or administers, and is not declared as sensitive; or a person has denied it";

/** Which contract an edge is pinned by, if one does. */
export function pinnedBy(baseline: Baseline, { workflow }: LearningProgress, operation: number) {
  const contract = baseline.contracts?.find(
    (one) => one.workflow === workflow && one.clauses.get(operation)?.holds === true,
  );
  return contract && { by: contractName(contract) };
}

/** A contract in words: `contract payroll v3, signed by platform-team`. */
export const contractName = ({ name, version, key }: Pick<ContractInForce, "name" | "version" | "key">) =>
  `contract ${name} v${version}, signed by ${key}`;
