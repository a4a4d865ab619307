/** What a live session has done so far: its steps, and the target values that it used. */
import type { EventView } from "../../schemas/event-view.ts";
import type { ByteReader, ByteWriter } from "../codec.ts";
import type { SessionEvidence } from "../evidence/session.ts";
import { bytes, ints, readBytes, readInts } from "../stats/room.ts";
import { type Baseline, progressOf } from "./baseline.ts";
import { unitOf, workflowOf } from "./event-names.ts";
import type { BaselineSettings } from "./settings.ts";
import { endLabels, LABEL_BYTES, type Labels, makeRoom } from "./values/labels.ts";
import { beginSession } from "./versions/builds.ts";

/** Longest path that a session teaches, in steps; later steps are judged but not learned. */
const MAX_PATH = 128;
/** Most target values that a session teaches. */
const MAX_PATH_VALUES = 64;

/** What a live session has done so far, with the labels of values that were new, as bytes of UTF-8. */
export interface SessionPath extends Labels {
  /** Number of the workflow's name, 0 if none was declared; -1 before the first step. */
  workflow: number;
  /** Number of the trust unit's name; 0 if none was given. */
  unit: number;
  /** Number of the version that its first step named; 0 if none was. */
  build: number;
  /** The page that the steps lie in, where, and for how many there is room. */
  symbols: Int32Array;
  symbolsAt: number;
  symbolsRoom: number;
  steps: number;
  /**
   * The page that the values lie in, where, and for how many numbers there is room. Six numbers a value: operation, field,
   * hash low and high, and where its label lies in `labels` and how long it is.
   */
  values: Int32Array;
  valuesAt: number;
  valuesRoom: number;
  valueCount: number;
  /** Facts already told in this session, so that a loop makes one finding. */
  told: readonly number[];
  /** What the evidence has been shown; undefined unless it is switched on. */
  shown: SessionEvidence | undefined;
}

/** Numbers of one value in `values`. */
export const VALUE_WIDTH = 6;
const NOTHING_TOLD: readonly number[] = [];

/** A session before its first step. */
export function newPath(): SessionPath {
  return {
    workflow: -1,
    unit: 0,
    build: 0,
    symbols: ints.nowhere.page,
    symbolsAt: 0,
    symbolsRoom: 0,
    steps: 0,
    values: ints.nowhere.page,
    valuesAt: 0,
    valuesRoom: 0,
    valueCount: 0,
    labels: bytes.nowhere.page,
    labelsAt: 0,
    labelsRoom: 0,
    labelBytes: 0,
    told: NOTHING_TOLD,
    shown: undefined,
  };
}

/** The first step of a session says which workflow it is of, on whose trust unit, and which version runs. */
export function beginPath(
  baseline: Baseline,
  path: SessionPath,
  event: EventView,
  settings: BaselineSettings,
): void {
  path.workflow = workflowOf(baseline, event);
  path.unit = unitOf(baseline, event);
  path.build = beginSession(baseline, event, settings);
  if (path.workflow > 0) progressOf(baseline, path.workflow);
}

/** Gives the memory back; the path is of no more use. */
export function endPath(path: SessionPath): void {
  ints.giveBack(path.symbols, path.symbolsAt, path.symbolsRoom);
  ints.giveBack(path.values, path.valuesAt, path.valuesRoom);
  endLabels(path);
}

/** Makes a path like new; its arrays are kept. */
export function restartPath(path: SessionPath): void {
  path.workflow = -1;
  path.unit = 0;
  path.build = 0;
  path.steps = 0;
  path.valueCount = 0;
  path.labelBytes = 0;
  path.told = NOTHING_TOLD;
}

const FIRST_STEPS = 16;
const FIRST_VALUES = 4;

/** Adds a step, unless the path is as long as a session teaches. */
export function addStep(path: SessionPath, symbol: number): void {
  if (path.steps >= MAX_PATH) return;
  if (path.steps === path.symbolsRoom) growSymbols(path);
  path.symbols[path.symbolsAt + path.steps++] = symbol;
}

function growSymbols(path: SessionPath): void {
  const longer = Math.max(FIRST_STEPS, path.symbolsRoom * 2);
  const { page, at } = ints.grown(path.symbols, path.symbolsAt, path.symbolsRoom, longer);
  path.symbols = page;
  path.symbolsAt = at;
  path.symbolsRoom = longer;
}

/** Keeps a target value for learning, with its label if it is new. `at` is where the value's numbers begin. */
export function keepValue(
  path: SessionPath,
  symbol: number,
  field: number,
  isNew: boolean,
  event: EventView,
  at: number,
): void {
  const low = event.number(at);
  const high = event.number(at + 1);
  if (path.valueCount >= MAX_PATH_VALUES || isKept(path, symbol, field, low, high)) return;
  if (path.valueCount * VALUE_WIDTH === path.valuesRoom) growValues(path);
  const to = path.valuesAt + path.valueCount * VALUE_WIDTH;
  const length = isNew ? keepLabel(path, event, at) : 0;
  path.values[to] = symbol;
  path.values[to + 1] = field;
  path.values[to + 2] = low;
  path.values[to + 3] = high;
  path.values[to + 4] = path.labelBytes - length;
  path.values[to + 5] = length;
  path.valueCount++;
}

function growValues(path: SessionPath): void {
  const longer = Math.max(FIRST_VALUES * VALUE_WIDTH, path.valuesRoom * 2);
  const { page, at } = ints.grown(path.values, path.valuesAt, path.valuesRoom, longer);
  path.values = page;
  path.valuesAt = at;
  path.valuesRoom = longer;
}

/** Where the values of a path end in their page. */
export const valuesEnd = (path: SessionPath) => path.valuesAt + path.valueCount * VALUE_WIDTH;

function isKept(path: SessionPath, symbol: number, field: number, low: number, high: number): boolean {
  const { values } = path;
  for (let at = path.valuesAt, end = valuesEnd(path); at < end; at += VALUE_WIDTH) {
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
function keepLabel(path: SessionPath, event: EventView, at: number): number {
  makeRoom(path, LABEL_BYTES);
  const length = event.copyText(at, path.labels, path.labelsAt + path.labelBytes, LABEL_BYTES);
  path.labelBytes += length;
  return length;
}

/** Dense; only what is in use of each array. */
export function writePath(path: SessionPath, to: ByteWriter): void {
  for (const value of [path.workflow, path.unit, path.steps, path.valueCount, path.labelBytes]) to.i32(value);
  to.ints(path.symbols, path.symbolsAt, path.steps);
  to.ints(path.values, path.valuesAt, path.valueCount * VALUE_WIDTH);
  to.bytes(path.labels, path.labelsAt, path.labelBytes);
  to.numbers(path.told);
}

/** Reads what writePath wrote. */
export function readPath(from: ByteReader): SessionPath {
  const [workflow, unit, steps, valueCount, labelBytes] = [
    from.i32(),
    from.i32(),
    from.i32(),
    from.i32(),
    from.i32(),
  ];
  const symbols = readInts(from, steps);
  const values = readInts(from, valueCount * VALUE_WIDTH);
  const labels = readBytes(from, labelBytes);
  return {
    workflow,
    unit,
    build: 0,
    symbols: symbols.page,
    symbolsAt: symbols.at,
    symbolsRoom: symbols.length,
    steps,
    values: values.page,
    valuesAt: values.at,
    valuesRoom: values.length,
    valueCount,
    labels: labels.page,
    labelsAt: labels.at,
    labelsRoom: labels.length,
    labelBytes,
    told: from.numbers(),
    shown: undefined,
  };
}
