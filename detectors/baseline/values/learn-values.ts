/** Learning the target values of a session. */
import type { Baseline } from "../baseline.ts";
import { type Path, VALUE_WIDTH, valuesEnd } from "../path.ts";
import * as slots from "./slots.ts";
import * as values from "./values.ts";

/** Learns every value that the session used, on a day and from a trust unit (1 to 255, 0 if it is no witness). */
export function learnValues(b: Baseline, p: Path, day: number, unit: number): void {
  for (let at = p.valuesAt, end = valuesEnd(p); at < end; at += VALUE_WIDTH) {
    const slot = slots.slotFor(b.targets, p.values[at]!, p.values[at + 1]!);
    if (slot < 0) b.capped++;
    else if (!slots.isOpen(b.targets, slot)) learnValue(b, p, at, slot, day, unit);
  }
}

function learnValue(b: Baseline, p: Path, at: number, slot: number, day: number, unit: number): void {
  const { values: kept } = p;
  const record = values.note(b.targets, slot, kept[at + 2]!, kept[at + 3]!, day, unit);
  if (record < 0) b.capped++;
  else if (kept[at + 5]! > 0)
    values.label(b.targets, record, p.labels, p.labelsAt + kept[at + 4]!, kept[at + 5]!);
  if (isFirstOfSlot(p, at)) values.draw(b.targets, slot, record);
}

/** A session draws from a slot once, however many values it uses. */
function isFirstOfSlot({ values: kept, valuesAt }: Path, at: number): boolean {
  for (let earlier = valuesAt; earlier < at; earlier += VALUE_WIDTH)
    if (kept[earlier] === kept[at] && kept[earlier + 1] === kept[at + 1]) return false;
  return true;
}
