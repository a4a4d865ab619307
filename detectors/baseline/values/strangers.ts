/** Targets of a step: all are kept for learning, and those that the baseline does not know are strangers. */

import type { EventView } from "../../../schemas/event-view.ts";
import * as columns from "../../../schemas/event-view.ts";
import type { Baseline } from "../baseline.ts";
import { fieldOf } from "../event-names.ts";
import { keepValue, type SessionPath } from "../path.ts";
import * as slots from "./slots.ts";
import { isIdentifier } from "./value-kind.ts";
import * as values from "./values.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { TARGET_AT, TARGETS } = columns;

/** A target value that is not in the baseline. */
export interface Stranger {
  readonly field: string;
  readonly value: string;
  /** Its slot; -1 if this agent never used the operation with this field. */
  readonly slot: number;
  /** Sessions that have used it there, from too few trust units to make it baseline. */
  readonly seen: number;
  /** Its slot is closed. */
  readonly closed: boolean;
  /** Its slot is closed, or there is no slot and the agent knows the value from nowhere. */
  readonly novel: boolean;
}

/** Keeps the targets of a step. Answers whether one of them is not in the baseline of a slot that may speak. */
export function takeTargets(
  baseline: Baseline,
  path: SessionPath,
  symbol: number,
  event: EventView,
): boolean {
  let isStrange = false;
  for (let i = 0, count = event.number(TARGETS); i < count; i++) {
    const at = TARGET_AT + i * 8;
    const field = fieldOf(baseline, event, at);
    const slot = slots.slotOf(baseline.targets, symbol, field);
    if (slot >= 0 && slots.isOpen(baseline.targets, slot)) continue;
    const record = recordOf(baseline, slot, event, at);
    keepValue(path, symbol, field, record < 0, event, at + 4);
    if (slot >= 0 && mayAlert(baseline, slot) && !values.isKnown(baseline.targets, record)) isStrange = true;
  }
  return isStrange;
}

/** The identifiers of a step that are not in the baseline; only on the way to a finding, because texts are decoded. */
export function strangersOf(baseline: Baseline, symbol: number, event: EventView): readonly Stranger[] {
  const strangers: Stranger[] = [];
  for (let i = 0, count = event.number(TARGETS); i < count; i++) {
    const at = TARGET_AT + i * 8;
    const slot = slots.slotOf(baseline.targets, symbol, fieldOf(baseline, event, at));
    if (slot >= 0 && slots.isOpen(baseline.targets, slot)) continue;
    const record = recordOf(baseline, slot, event, at);
    if (values.isKnown(baseline.targets, record)) continue;
    const stranger = strangerOf(baseline, event, at, slot, record);
    if (stranger !== undefined) strangers.push(stranger);
  }
  return strangers;
}

const recordOf = (baseline: Baseline, slot: number, event: EventView, at: number) =>
  slot < 0 ? -1 : values.find(baseline.targets, slot, event.number(at + 4), event.number(at + 5));

const mayAlert = ({ targets }: Baseline, slot: number) =>
  slots.isClosed(targets, slot) && slots.isSettled(targets, slot);

/** Only identifiers are strangers: a literal names nobody to be reached. */
function strangerOf(
  baseline: Baseline,
  event: EventView,
  at: number,
  slot: number,
  record: number,
): Stranger | undefined {
  const targets = baseline.targets;
  const value = event.textAt(at + 4);
  if (!isIdentifier(value)) return undefined;
  const closed = slot >= 0 && mayAlert(baseline, slot);
  const novel =
    slot < 0 ? !values.isKnownAnywhere(targets, event.number(at + 4), event.number(at + 5)) : closed;
  const seen = record < 0 ? 0 : values.sessionsOf(targets, record);
  return { field: event.textAt(at), value, slot, seen, closed, novel };
}
