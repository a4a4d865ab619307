/**
 * Values as numbers, remembered: most values come again and again, and their text is not looked at twice. What is
 * remembered follows from the value alone, so it never changes a judgement.
 */
import { hashed, hashText } from "./text-hash.ts";
import { NO_TARGET, readValue, type Value } from "./value.ts";

/** One target value of a step. */
export interface AppraisedTarget {
  /** Number of the field's name in the agent's dictionary, below 4,096. */
  readonly field: number;
  /** Keyed hash of field and value together. */
  readonly low: number;
  readonly high: number;
  /** Where it came from: 0 not known, else as ORIGINS says. */
  readonly origin: number;
  /** The field's name, as text. */
  name(): string;
  /** The value, as text. */
  text(): string;
}

/** Where an argument came from, if a gateway saw the content; 1 is the request. */
export const FROM_OUTPUT = 2;
export const FROM_NEITHER = 3;

/** What is known of a value by itself. Read it before the next one is appraised. */
export const appraised = { valueClass: NO_TARGET, reserved: false, low: 0, high: 0 };

const WIDTH = 5;
const CAPACITY = 16_384;
const seen = new Int32Array(CAPACITY * WIDTH);
const CLASS = 15;
const RESERVED = 16;
/** A free place is all zeros. */
const TAKEN = 32;

/** Appraises a target in a tenant whose name has this keyed hash; the answer stands in `appraised`. */
export function appraise(target: AppraisedTarget, tenantLow: number, tenantHigh: number): void {
  const [low, high] = [target.low ^ tenantLow, target.high ^ tenantHigh];
  const at = (low & (CAPACITY - 1)) * WIDTH;
  if (seen[at] !== low || seen[at + 1] !== high || seen[at + 2] === 0)
    remember(at, low, high, target, tenantLow, tenantHigh);
  const state = seen[at + 2] ?? 0;
  appraised.valueClass = state & CLASS;
  appraised.reserved = (state & RESERVED) !== 0;
  appraised.low = seen[at + 3] ?? 0;
  appraised.high = seen[at + 4] ?? 0;
}

function remember(
  at: number,
  low: number,
  high: number,
  target: AppraisedTarget,
  tenantLow: number,
  tenantHigh: number,
): void {
  const value = targetValue(target);
  hashText(value.party, tenantLow, tenantHigh);
  seen[at] = low;
  seen[at + 1] = high;
  seen[at + 2] = value.valueClass | (value.reserved ? RESERVED : 0) | TAKEN;
  seen[at + 3] = hashed.low;
  seen[at + 4] = hashed.high;
}

/** A new value is appraised, compared and kept: its text is read once for all of that. */
const RECENT = 64;
const recent = Array.from({ length: RECENT }, () => ({ low: 0, high: 0, value: readValue("", "") }));

/** What a target's text says. */
export function targetValue(target: AppraisedTarget): Value {
  const place = recent[target.low & (RECENT - 1)]!;
  if (place.low === target.low && place.high === target.high) return place.value;
  place.low = target.low;
  place.high = target.high;
  place.value = readValue(target.name(), target.text());
  return place.value;
}
