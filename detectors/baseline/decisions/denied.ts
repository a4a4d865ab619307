/** Edges that a person has denied: they are told whenever they are used, learning or not, reading or not. */
import { MAX_DENIED_EDGES } from "../../../schemas/action.ts";
import { type EventView, TARGET_AT, TARGETS } from "../../../schemas/event-view.ts";
import type { ByteReader, ByteWriter } from "../../codec.ts";
import type { Baseline } from "../baseline.ts";
import { fieldOf } from "../event-names.ts";

/** One value of a field of an operation; operation and field are numbers of names. */
export interface TargetEdge {
  readonly operation: number;
  readonly field: number;
  /** Hash of the value. */
  readonly low: number;
  readonly high: number;
  /** The value, or its beginning. */
  readonly value: string;
}

/** The same, or the operation itself (field 0), in one workflow or in all (0). */
export interface DeniedEdge extends TargetEdge {
  readonly workflow: number;
}

/** Whether both are about one operation, or one value of it. */
const isAlike = (one: DeniedEdge, other: DeniedEdge) =>
  one.operation === other.operation &&
  one.field === other.field &&
  one.low === other.low &&
  one.high === other.high;

/** Adds an edge, unless it is there, or there are too many: that is counted. */
export function addDenied(baseline: Baseline, edge: DeniedEdge): void {
  const denied = baseline.denied ?? [];
  if (denied.some((known) => isAlike(known, edge) && known.workflow === edge.workflow)) return;
  if (denied.length >= MAX_DENIED_EDGES) baseline.capped++;
  else baseline.denied = [...denied, edge];
}

/** Takes an edge away. What is denied in all workflows ends with its approval in one. */
export function removeDenied(baseline: Baseline, edge: DeniedEdge): void {
  const { workflow } = edge;
  const ends = (known: DeniedEdge) =>
    isAlike(known, edge) && (known.workflow === workflow || known.workflow === 0 || workflow === 0);
  const left = baseline.denied?.filter((known) => !ends(known));
  baseline.denied = left === undefined || left.length === 0 ? undefined : left;
}

/** The denied edge that a step of a workflow uses, if it uses one. */
export function deniedIn(
  baseline: Baseline,
  denied: readonly DeniedEdge[],
  workflow: number,
  operation: number,
  event: EventView,
): DeniedEdge | undefined {
  for (const edge of denied) {
    if (edge.operation !== operation) continue;
    if (
      edge.field === 0 ? edge.workflow === 0 || edge.workflow === workflow : isTarget(baseline, edge, event)
    )
      return edge;
  }
  return undefined;
}

function isTarget(baseline: Baseline, { field, low, high }: DeniedEdge, event: EventView): boolean {
  for (let i = 0, count = event.number(TARGETS); i < count; i++) {
    const at = TARGET_AT + i * 8;
    if (
      event.number(at + 4) === low &&
      event.number(at + 5) === high &&
      fieldOf(baseline, event, at) === field
    )
      return true;
  }
  return false;
}

/** Dense; two bytes if nothing is denied. */
export function writeDenied(denied: readonly DeniedEdge[] = [], to: ByteWriter): void {
  to.u16(denied.length);
  for (const { workflow, operation, field, low, high, value } of denied) {
    for (const number of [workflow, operation, field]) to.u16(number);
    to.i32(low);
    to.i32(high);
    to.text(value);
  }
}

/** Reads what writeDenied wrote. */
export function readDenied(from: ByteReader): readonly DeniedEdge[] | undefined {
  const denied = Array.from({ length: from.u16() }, () => ({
    workflow: from.u16(),
    operation: from.u16(),
    field: from.u16(),
    low: from.i32(),
    high: from.i32(),
    value: from.text(),
  }));
  return denied.length === 0 ? undefined : denied;
}
