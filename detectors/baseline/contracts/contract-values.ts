/** Values that contracts allow: they are known as long as a contract names them. */
import { type EventView, TARGET_AT, TARGETS } from "../../../schemas/event-view.ts";
import { MAX_TARGETS } from "../../../schemas/operation.ts";
import type { Baseline } from "../baseline.ts";
import type { TargetEdge } from "../decisions/denied.ts";
import { fieldOf } from "../event-names.ts";
import { addKnown } from "../values/known-value.ts";
import * as slots from "../values/slots.ts";
import * as values from "../values/values.ts";
import type { Clause, ContractInForce } from "./contracts.ts";

/** A value of a field, by number of the field's name and hash of the value. */
export interface ContractValue {
  readonly field: number;
  readonly low: number;
  readonly high: number;
  /** It was not known before. */
  made: boolean;
}

const isSame = (one: ContractValue, { field, low, high }: Omit<ContractValue, "made">) =>
  one.field === field && one.low === low && one.high === high;

/** A contract allows a value; of an open slot nothing is remembered, because no value is a surprise there. */
export function allowValue(baseline: Baseline, clause: Clause, edge: TargetEdge): void {
  const { operation, field, low, high } = edge;
  if (clause.values.some((one) => isSame(one, edge))) return;
  if (clause.values.length >= MAX_TARGETS) {
    baseline.capped++;
    return;
  }
  const heldByOther = madeBy(baseline, operation, edge).length > 0;
  const made = heldByOther || !values.isKnown(baseline.targets, recordOf(baseline, edge));
  if (made) addKnown(baseline, edge);
  clause.values = [...clause.values, { field, low, high, made }];
}

/** The record of a value; -1 if it was never learned. */
export const recordOf = (
  { targets }: Baseline,
  { operation, field, low, high }: Omit<TargetEdge, "value">,
) => {
  const slot = slots.slotOf(targets, operation, field);
  return slot < 0 ? -1 : values.find(targets, slot, low, high);
};

/** The same value as contracts have made it known. */
const madeBy = (baseline: Baseline, operation: number, value: Omit<ContractValue, "made">): ContractValue[] =>
  (baseline.contracts ?? []).flatMap(({ clauses }) =>
    (clauses.get(operation)?.values ?? []).filter((one) => one.made && isSame(one, value)),
  );

/** The values of a clause are no longer allowed by it. */
export function forgetValues(baseline: Baseline, operation: number, clause: Clause): void {
  const gone = clause.values;
  clause.values = [];
  for (const value of gone) {
    if (!value.made || madeBy(baseline, operation, value).length > 0) continue;
    const record = recordOf(baseline, { operation, ...value });
    if (record >= 0) values.markUnknown(baseline.targets, record);
  }
}

/** A person has approved a value: it stays known when contracts end. */
export function noteApproved(baseline: Baseline, edge: TargetEdge): void {
  for (const value of madeBy(baseline, edge.operation, edge)) value.made = false;
}

/** The first value of a step that no contract of the workflow allows for its field, though one does others: where its numbers begin; -1 if there is none. */
export function valueOutside(
  baseline: Baseline,
  contracts: readonly ContractInForce[],
  workflow: number,
  operation: number,
  event: EventView,
): number {
  for (let i = 0, count = event.number(TARGETS); i < count; i++) {
    const at = TARGET_AT + i * 8;
    let allows = NONE;
    for (const contract of contracts)
      if (contract.workflow === workflow)
        allows = Math.max(
          allows,
          allowance(contract.clauses.get(operation), fieldOf(baseline, event, at), event, at),
        );
    if (allows === OTHERS) return at;
  }
  return -1;
}

const [NONE, OTHERS, THIS] = [0, 1, 2];

/** Whether a clause allows no values of a field, others, or the one whose numbers begin at `at`. */
function allowance(clause: Clause | undefined, field: number, event: EventView, at: number): number {
  if (clause === undefined) return NONE;
  let allows = NONE;
  for (const value of clause.values) {
    if (value.field !== field) continue;
    if (value.low === event.number(at + 4) && value.high === event.number(at + 5)) return THIS;
    allows = OTHERS;
  }
  return allows;
}
