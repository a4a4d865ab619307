/** Learning the target values of a session. */
import type { Baseline } from "./baseline.ts";
import { bytesOf } from "./labels.ts";
import { type Path, VALUE_WIDTH } from "./path.ts";
import * as slots from "./slots.ts";
import * as values from "./values.ts";

/** Learns every value that the session used, on a day and from a trust unit (1 to 255, 0 if it is no witness). */
export function learnValues(b: Baseline, p: Path, day: number, unit: number): void {
  const labels = bytesOf(p.labels);
  for (let value = 0; value < p.valueCount; value++) {
    const at = value * VALUE_WIDTH;
    const slot = slotFor(b, p.values[at]!, p.values[at + 1]!);
    if (slot < 0) b.capped++;
    if (slot < 0 || slots.isOpen(b.targets, slot)) continue;
    const record = values.note(b.targets, slot, {
      low: p.values[at + 2]!,
      high: p.values[at + 3]!,
      day,
      unit,
      labels,
      from: p.values[at + 4]!,
      length: p.values[at + 5]!,
    });
    if (record < 0) b.capped++;
    if (isFirstOfSlot(p, value)) values.draw(b.targets, slot, record);
  }
}

function slotFor({ targets }: Baseline, operation: number, field: number): number {
  const known = slots.slotOf(targets, operation, field);
  return known < 0 ? slots.addSlot(targets, operation, field) : known;
}

/** A session draws from a slot once, however many values it uses. */
function isFirstOfSlot(p: Path, value: number): boolean {
  const at = value * VALUE_WIDTH;
  for (let earlier = 0; earlier < at; earlier += VALUE_WIDTH) {
    if (p.values[earlier] === p.values[at] && p.values[earlier + 1] === p.values[at + 1]) return false;
  }
  return true;
}
