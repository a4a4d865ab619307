/** What a live session has done so far: its steps, and the target values that it used. */
import type { EventView } from "../../schemas/event-view.ts";
import type { ByteReader, ByteWriter } from "../codec.ts";
import type { Shown } from "../evidence/session.ts";
import { grown, room } from "../stats/room.ts";
import { type Baseline, progressOf } from "./baseline.ts";
import { unitOf, workflowOf } from "./event-names.ts";
import { LABEL_BYTES, moreBytes, NO_BYTES } from "./labels.ts";

/** Longest path that a session teaches, in steps; later steps are judged but not learned. */
const MAX_PATH = 128;
/** Most target values that a session teaches. */
const MAX_PATH_VALUES = 64;

/** What a live session has done so far. */
export interface Path {
  /** Number of the workflow's name, 0 if none was declared; -1 before the first step. */
  workflow: number;
  /** Number of the trust unit's name; 0 if none was given. */
  unit: number;
  symbols: Int32Array;
  steps: number;
  /** Six numbers a value: operation, field, hash low and high, and where its label lies in `labels` and how long it is. */
  values: Int32Array;
  valueCount: number;
  /** Labels of values that were new, as bytes of UTF-8. */
  labels: Uint8Array;
  labelBytes: number;
  /** Facts already told in this session, so that a loop makes one finding. */
  told: readonly number[];
  /** What the evidence has been shown; undefined unless it is switched on. */
  shown: Shown | undefined;
}

/** Numbers of one value in `values`. */
export const VALUE_WIDTH = 6;
const NOTHING_TOLD: readonly number[] = [];

/** A session before its first step. */
export function newPath(): Path {
  return {
    workflow: -1,
    unit: 0,
    symbols: room(16),
    steps: 0,
    values: room(0),
    valueCount: 0,
    labels: NO_BYTES,
    labelBytes: 0,
    told: NOTHING_TOLD,
    shown: undefined,
  };
}

/** The first step of a session says which workflow it is of, and on whose trust unit. */
export function beginPath(b: Baseline, p: Path, event: EventView): void {
  p.workflow = workflowOf(b, event);
  p.unit = unitOf(b, event);
  if (p.workflow > 0) progressOf(b, p.workflow);
}

/** Makes a path like new; its arrays are kept. */
export function restartPath(p: Path): void {
  p.workflow = -1;
  p.unit = 0;
  p.steps = 0;
  p.valueCount = 0;
  p.labelBytes = 0;
  p.told = NOTHING_TOLD;
}

/** A path that was read back before its first step has no room at all. */
const FIRST_STEPS = 16;

/** Adds a step, unless the path is as long as a session teaches. */
export function addStep(p: Path, symbol: number): void {
  if (p.steps >= MAX_PATH) return;
  if (p.steps === p.symbols.length) p.symbols = grown(p.symbols, Math.max(FIRST_STEPS, p.steps * 2));
  p.symbols[p.steps++] = symbol;
}

/** Keeps a target value for learning, with its label if it is new. `at` is where the value's numbers begin. */
export function keepValue(
  p: Path,
  symbol: number,
  field: number,
  isNew: boolean,
  event: EventView,
  at: number,
): void {
  const low = event.number(at);
  const high = event.number(at + 1);
  if (p.valueCount >= MAX_PATH_VALUES || isKept(p, symbol, field, low, high)) return;
  const to = p.valueCount * VALUE_WIDTH;
  if (to === p.values.length) p.values = grown(p.values, p.values.length === 0 ? VALUE_WIDTH * 4 : to * 2);
  const length = isNew ? keepLabel(p, event, at) : 0;
  p.values[to] = symbol;
  p.values[to + 1] = field;
  p.values[to + 2] = low;
  p.values[to + 3] = high;
  p.values[to + 4] = p.labelBytes - length;
  p.values[to + 5] = length;
  p.valueCount++;
}

function isKept(p: Path, symbol: number, field: number, low: number, high: number): boolean {
  const { values } = p;
  for (let at = 0, end = p.valueCount * VALUE_WIDTH; at < end; at += VALUE_WIDTH) {
    if (
      values[at + 2] === low &&
      values[at + 3] === high &&
      values[at] === symbol &&
      values[at + 1] === field
    )
      return true;
  }
  return false;
}

/** Copies the value's first bytes; answers how many. */
function keepLabel(p: Path, event: EventView, at: number): number {
  const most = p.labelBytes + LABEL_BYTES;
  if (most > p.labels.length) p.labels = moreBytes(p.labels, most);
  const length = event.copyText(at, p.labels, p.labelBytes, LABEL_BYTES);
  p.labelBytes += length;
  return length;
}

/** Dense; only what is in use of each array. */
export function writePath(p: Path, to: ByteWriter): void {
  for (const value of [p.workflow, p.unit, p.steps, p.valueCount, p.labelBytes]) to.i32(value);
  to.ints(p.symbols.subarray(0, p.steps));
  to.ints(p.values.subarray(0, p.valueCount * VALUE_WIDTH));
  to.bytes(p.labels.subarray(0, p.labelBytes));
  to.numbers(p.told);
}

/** Reads what writePath wrote. */
export function readPath(from: ByteReader): Path {
  const [workflow, unit, steps, valueCount, labelBytes] = [
    from.i32(),
    from.i32(),
    from.i32(),
    from.i32(),
    from.i32(),
  ];
  const [symbols, values, labels] = [from.ints(), from.ints(), from.bytes()];
  const path = { workflow, unit, symbols, steps, values, valueCount, labels, labelBytes };
  return { ...path, told: from.numbers(), shown: undefined };
}
