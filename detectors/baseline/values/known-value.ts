/** A value that becomes known without having been used. */
import type { Baseline } from "../baseline.ts";
import type { TargetEdge } from "../decisions/denied.ts";
import { LABEL_BYTES } from "./labels.ts";
import * as slots from "./slots.ts";
import * as values from "./values.ts";

const encoder = new TextEncoder();

/** Makes a value part of the baseline. Nothing is remembered of an open slot, where no value is a surprise. */
export function addKnown(baseline: Baseline, { operation, field, low, high, value }: TargetEdge): void {
  const { targets } = baseline;
  const slot = slots.slotFor(targets, operation, field);
  if (slot >= 0 && slots.isOpen(targets, slot)) return;
  const record = slot < 0 ? -1 : values.findOrAdd(targets, slot, low, high);
  if (record < 0) {
    baseline.capped++;
    return;
  }
  const label = encoder.encode(value).subarray(0, LABEL_BYTES);
  values.label(targets, record, label, 0, label.length);
  values.markKnown(targets, record);
}
