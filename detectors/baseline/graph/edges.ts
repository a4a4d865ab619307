/** What a person's approval or denial changes: edges that are baseline from now on, whoever has used them, or never. */
import { type Baseline, type LearningProgress, progressOf } from "../baseline.ts";
import { noteApproved } from "../contracts/contract-values.ts";
import { noteDecided } from "../contracts/contracts.ts";
import { addDenied, type DeniedEdge, removeDenied, type TargetEdge } from "../decisions/denied.ts";
import { addKnown } from "../values/known-value.ts";
import * as slots from "../values/slots.ts";
import * as values from "../values/values.ts";
import { addChild, child, DENIED, PINNED, setState } from "./graph.ts";

/** An operation may be used in a workflow (by number of its name), or in all that are known and outside of any. */
export function approveOperation(baseline: Baseline, operation: number, workflow: number | "all"): void {
  for (const progress of progressesOf(baseline, workflow)) mark(baseline, progress, operation, PINNED);
  removeDenied(baseline, operationEdge(operation, workflow));
}

/** An operation may not be used in a workflow, or in any. */
export function denyOperation(baseline: Baseline, operation: number, workflow: number | "all"): void {
  for (const progress of progressesOf(baseline, workflow)) mark(baseline, progress, operation, DENIED);
  addDenied(baseline, operationEdge(operation, workflow));
}

function progressesOf(baseline: Baseline, workflow: number | "all"): readonly LearningProgress[] {
  if (workflow === "all") return [...baseline.progress.values()];
  const progress = progressOf(baseline, workflow);
  if (progress === undefined) baseline.capped++;
  return progress === undefined ? [] : [progress];
}

function mark(
  baseline: Baseline,
  { root, workflow }: LearningProgress,
  operation: number,
  state: number,
): void {
  const { graph } = baseline;
  noteDecided(baseline, workflow, operation, state);
  const node = child(graph, root, operation) || addChild(graph, root, operation);
  if (node === 0) baseline.capped++;
  else setState(graph, node, state);
}

const operationEdge = (operation: number, workflow: number | "all"): DeniedEdge => ({
  workflow: workflow === "all" ? 0 : workflow,
  operation,
  field: 0,
  low: 0,
  high: 0,
  value: "",
});

/** A value may be used. */
export function approveTarget(baseline: Baseline, edge: TargetEdge): void {
  removeDenied(baseline, { ...edge, workflow: 0 });
  addKnown(baseline, edge);
  noteApproved(baseline, edge);
}

/** A value may not be used. */
export function denyTarget(baseline: Baseline, edge: TargetEdge): void {
  const { targets } = baseline;
  const slot = slots.slotOf(targets, edge.operation, edge.field);
  const record = slot < 0 ? -1 : values.find(targets, slot, edge.low, edge.high);
  if (record >= 0) values.markUnknown(targets, record);
  addDenied(baseline, { ...edge, workflow: 0 });
}
