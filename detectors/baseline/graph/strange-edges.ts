/** The edges that findings were about in a session: approved or denied with it. */
import type { Baseline } from "../baseline.ts";
import type { TargetEdge } from "../decisions/denied.ts";
import { DENIAL } from "../decisions/tell-denied.ts";
import { OTHER } from "../names.ts";
import { type Path, VALUE_WIDTH, valuesEnd } from "../path.ts";
import { slotOf } from "../values/slots.ts";
import { isIdentifier } from "../values/value-kind.ts";
import * as values from "../values/values.ts";
import { approveOperation, approveTarget, denyOperation, denyTarget } from "./edges.ts";

/** Operations of which something was told; names have numbers below 65,536. */
const operationOf = (fact: number) => Math.abs(fact) & (DENIAL - 1);

/** Operations of which something was told in a session, each once. */
export const toldIn = ({ told }: Path): readonly number[] => [...new Set(told.map(operationOf))];

/** What was told of operations that have a name of their own: nothing can be said of all others at once. */
const factsOf = ({ told }: Path) => told.filter((fact) => operationOf(fact) !== OTHER);

/** From now on the session would be quiet: an operation that was strange is approved where the session used it, and so are values. */
export function approveStrange(b: Baseline, p: Path): void {
  for (const fact of factsOf(p)) {
    if (fact > 0) approveOperation(b, operationOf(fact), Math.max(p.workflow, 0));
    for (const edge of strangeTargets(b, p, operationOf(fact))) approveTarget(b, edge);
  }
}

/** What was strange is denied; of values only those that name somebody or something to reach. */
export function denyStrange(b: Baseline, p: Path): void {
  for (const fact of factsOf(p)) {
    if (fact > 0 && (fact & DENIAL) === 0)
      denyOperation(b, operationOf(fact), p.workflow > 0 ? p.workflow : "all");
    for (const edge of strangeTargets(b, p, operationOf(fact)))
      if (isIdentifier(edge.value)) denyTarget(b, edge);
  }
}

/** Values that the session used an operation on, and that are not in the baseline. */
function strangeTargets(b: Baseline, p: Path, operation: number): readonly TargetEdge[] {
  const strange: TargetEdge[] = [];
  for (let at = p.valuesAt, end = valuesEnd(p); at < end; at += VALUE_WIDTH) {
    const [symbol = 0, field = 0, low = 0, high = 0] = p.values.subarray(at, at + VALUE_WIDTH);
    const slot = slotOf(b.targets, operation, field);
    const record = slot < 0 ? -1 : values.find(b.targets, slot, low, high);
    if (symbol !== operation || values.isKnown(b.targets, record)) continue;
    const value = record < 0 ? labelOf(p, at) : values.labelOf(b.targets, record);
    strange.push({ operation, field, low, high, value });
  }
  return strange;
}

const decoder = new TextDecoder();

function labelOf({ values: kept, labels, labelsAt }: Path, at: number): string {
  const begin = labelsAt + kept[at + 4]!;
  return decoder.decode(labels.subarray(begin, begin + kept[at + 5]!));
}
