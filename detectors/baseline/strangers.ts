/** Targets of a step: all are kept for learning, and those that the baseline does not know are strangers. */
import { type EventView, TARGET_AT, TARGETS } from "../../schemas/event-view.ts";
import type { Baseline } from "./baseline.ts";
import { fieldOf } from "./event-names.ts";
import { keepValue, type Path } from "./path.ts";
import * as slots from "./slots.ts";
import { isIdentifier } from "./value-kind.ts";
import * as values from "./values.ts";

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

const NONE: readonly Stranger[] = [];

/** Keeps the targets of a step. Answers the identifiers that are not in the baseline, if the step is sensitive. */
export function takeTargets(b: Baseline, p: Path, symbol: number, event: EventView): readonly Stranger[] {
  let strangers = NONE;
  for (let i = 0, count = event.number(TARGETS); i < count; i++) {
    const at = TARGET_AT + i * 8;
    const field = fieldOf(b, event, at);
    const slot = slots.slotOf(b.targets, symbol, field);
    if (slot >= 0 && slots.isOpen(b.targets, slot)) continue;
    const record = slot < 0 ? -1 : values.find(b.targets, slot, event.number(at + 4), event.number(at + 5));
    keepValue(p, symbol, field, record < 0, event, at + 4);
    if (event.tier === 0 || values.isKnown(b.targets, record)) continue;
    const stranger = strangerOf(b, event, at, slot, record);
    if (stranger !== undefined) strangers = [...strangers, stranger];
  }
  return strangers;
}

/** Only identifiers are strangers: a literal names nobody to be reached. */
function strangerOf(
  b: Baseline,
  event: EventView,
  at: number,
  slot: number,
  record: number,
): Stranger | undefined {
  const t = b.targets;
  const value = event.textAt(at + 4);
  if (!isIdentifier(value)) return undefined;
  const closed = slot >= 0 && slots.isClosed(t, slot) && slots.isSettled(t, slot);
  const novel = slot < 0 ? !values.isKnownAnywhere(t, event.number(at + 4), event.number(at + 5)) : closed;
  const seen = record < 0 ? 0 : values.sessionsOf(t, record);
  return { field: event.textAt(at), value, slot, seen, closed, novel };
}
