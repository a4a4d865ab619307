/** The names that an event holds, as numbers of its agent's dictionary; what is new is added. */
import { type EventView, TEXT, type TextColumn } from "../../schemas/event-view.ts";
import { internedOperation, internedText, internedTextAt } from "../stats/interned.ts";
import type { Baseline } from "./baseline.ts";
import { addName, noteTier, numberOf, OTHER } from "./names.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const {
  operation: OPERATION_COLUMN,
  service: SERVICE_COLUMN,
  trustUnit: TRUST_UNIT_COLUMN,
  workflow: WORKFLOW_COLUMN,
} = TEXT;

/** Namespaces of the dictionary, mixed into hashes so that a workflow and a trust unit may share a name. */
const OPERATION = 0x2545f491;
const WORKFLOW = 0x5851f42d;
const UNIT = 0x14057b7e;
const FIELD = 0x6c078965;

/** The event's workflow; 0 if none is declared, or too many were. */
export function workflowOf(baseline: Baseline, event: EventView): number {
  const number = nameOf(baseline, event, WORKFLOW_COLUMN, WORKFLOW);
  return number === OTHER ? 0 : number;
}

/** The event's trust unit; 0 if none is given. */
export const unitOf = (baseline: Baseline, event: EventView) =>
  nameOf(baseline, event, TRUST_UNIT_COLUMN, UNIT);

/** The event's operation. */
export function operationOf(baseline: Baseline, event: EventView): number {
  const low = event.low(OPERATION_COLUMN) ^ Math.imul(event.low(SERVICE_COLUMN), OPERATION);
  const high = event.high(OPERATION_COLUMN) ^ event.high(SERVICE_COLUMN);
  const symbol =
    numberOf(baseline.names, low, high) || addName(baseline.names, low, high, internedOperation(event));
  noteTier(baseline.names, symbol, event.tier);
  return symbol;
}

/** The field of a target whose numbers begin at `at`. */
export function fieldOf(baseline: Baseline, event: EventView, at: number): number {
  const low = event.number(at) ^ FIELD;
  const high = event.number(at + 1);
  return numberOf(baseline.names, low, high) || addName(baseline.names, low, high, internedTextAt(event, at));
}

function nameOf(baseline: Baseline, event: EventView, column: TextColumn, space: number): number {
  if (!event.has(column)) return 0;
  const low = event.low(column) ^ space;
  const high = event.high(column);
  return (
    numberOf(baseline.names, low, high) || addName(baseline.names, low, high, internedText(event, column))
  );
}
