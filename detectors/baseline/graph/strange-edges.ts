/** The edges that findings were about in a session: approved or denied with it. */
import type { Baseline } from "../baseline.ts";
import type { TargetEdge } from "../decisions/denied.ts";
import { DENIAL } from "../decisions/tell-denied.ts";
import { OTHER } from "../names.ts";
import { type SessionPath, VALUE_WIDTH, valuesEnd } from "../path.ts";
import { slotOf } from "../values/slots.ts";
import { isIdentifier } from "../values/value-kind.ts";
import * as values from "../values/values.ts";
import { approveOperation, approveTarget, denyOperation, denyTarget } from "./edges.ts";

/** Operations of which something was told; names have numbers below 65,536. */
const operationOf = (fact: number) => Math.abs(fact) & (DENIAL - 1);

/** Operations of which something was told in a session, each once. */
export const toldIn = ({ told }: SessionPath): readonly number[] => [...new Set(told.map(operationOf))];

/** What was told of operations that have a name of their own: nothing can be said of all others at once. */
const factsOf = ({ told }: SessionPath) => told.filter((fact) => operationOf(fact) !== OTHER);

/** From now on the session would be quiet: an operation that was strange is approved where the session used it, and so are values. */
export function approveStrange(baseline: Baseline, path: SessionPath): void {
  for (const fact of factsOf(path)) {
    if (fact > 0) approveOperation(baseline, operationOf(fact), Math.max(path.workflow, 0));
    for (const edge of strangeTargets(baseline, path, operationOf(fact))) approveTarget(baseline, edge);
  }
}

/** What was strange is denied; of values only those that name somebody or something to reach. */
export function denyStrange(baseline: Baseline, path: SessionPath): void {
  for (const fact of factsOf(path)) {
    if (fact > 0 && (fact & DENIAL) === 0)
      denyOperation(baseline, operationOf(fact), path.workflow > 0 ? path.workflow : "all");
    for (const edge of strangeTargets(baseline, path, operationOf(fact)))
      if (isIdentifier(edge.value)) denyTarget(baseline, edge);
  }
}

/** Values that the session used an operation on, and that are not in the baseline. */
function strangeTargets(baseline: Baseline, path: SessionPath, operation: number): readonly TargetEdge[] {
  const strange: TargetEdge[] = [];
  for (let at = path.valuesAt, end = valuesEnd(path); at < end; at += VALUE_WIDTH) {
    const [symbol = 0, field = 0, low = 0, high = 0] = path.values.subarray(at, at + VALUE_WIDTH);
    const slot = slotOf(baseline.targets, operation, field);
    const record = slot < 0 ? -1 : values.find(baseline.targets, slot, low, high);
    if (symbol !== operation || values.isKnown(baseline.targets, record)) continue;
    const value = record < 0 ? labelOf(path, at) : values.labelOf(baseline.targets, record);
    strange.push({ operation, field, low, high, value });
  }
  return strange;
}

const decoder = new TextDecoder();

function labelOf({ values: kept, labels, labelsAt }: SessionPath, at: number): string {
  const begin = labelsAt + kept[at + 4]!;
  return decoder.decode(labels.subarray(begin, begin + kept[at + 5]!));
}
