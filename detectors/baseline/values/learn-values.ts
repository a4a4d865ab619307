/** Learning the target values of a session. */
import type { Baseline } from "../baseline.ts";
import { type SessionPath, VALUE_WIDTH, valuesEnd } from "../path.ts";
import * as slots from "./slots.ts";
import * as values from "./values.ts";

/** Learns every value that the session used, on a day and from a trust unit (1 to 255, 0 if it is no witness). */
export function learnValues(baseline: Baseline, path: SessionPath, day: number, unit: number): void {
  for (let at = path.valuesAt, end = valuesEnd(path); at < end; at += VALUE_WIDTH) {
    const slot = slots.slotFor(baseline.targets, path.values[at]!, path.values[at + 1]!);
    if (slot < 0) baseline.capped++;
    else if (!slots.isOpen(baseline.targets, slot)) learnValue(baseline, path, at, slot, day, unit);
  }
}

function learnValue(
  baseline: Baseline,
  path: SessionPath,
  at: number,
  slot: number,
  day: number,
  unit: number,
): void {
  const { values: kept } = path;
  const record = values.note(baseline.targets, slot, kept[at + 2]!, kept[at + 3]!, day, unit);
  if (record < 0) baseline.capped++;
  else if (kept[at + 5]! > 0)
    values.label(baseline.targets, record, path.labels, path.labelsAt + kept[at + 4]!, kept[at + 5]!);
  if (isFirstOfSlot(path, at)) values.draw(baseline.targets, slot, record);
}

/** A session draws from a slot once, however many values it uses. */
function isFirstOfSlot({ values: kept, valuesAt }: SessionPath, at: number): boolean {
  for (let earlier = valuesAt; earlier < at; earlier += VALUE_WIDTH)
    if (kept[earlier] === kept[at] && kept[earlier + 1] === kept[at + 1]) return false;
  return true;
}
