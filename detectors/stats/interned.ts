/**
 * One copy of texts that many rows hold (services, audiences, places), found by their hash, so that a text that is
 * known is not even decoded. Bounded: when it is full it begins anew, which costs copies and changes nothing.
 */
import type { EventView } from "../../schemas/event-view.ts";
import { TEXT, TEXT_AT, type TextColumn } from "../../schemas/event-view.ts";
import { PairMap } from "./pair-map.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { operation: OPERATION_COLUMN, service: SERVICE_COLUMN } = TEXT;

const LIMIT = 65_536;
const texts = new PairMap<string>();
const lists = new PairMap<readonly string[]>();

/** The text of a column. */
export function internedText(event: EventView, column: TextColumn): string {
  return internedTextAt(event, TEXT_AT + column * 4);
}

/** The text whose four numbers begin at `offset`. */
export function internedTextAt(event: EventView, offset: number): string {
  const low = event.number(offset);
  const high = event.number(offset + 1);
  const known = texts.get(low, high);
  if (known !== undefined) return known;
  if (texts.size >= LIMIT) texts.clear();
  const text = event.textAt(offset);
  texts.set(low, high, text);
  return text;
}

/** A list of `count` texts, the first at `offset` and each 4 numbers after the one before, shared too. */
export function internedList(event: EventView, offset: number, count: number): readonly string[] {
  let low = count;
  let high = 0;
  for (let at = offset; at < offset + count * 4; at += 4) {
    low = Math.imul(low, 0x9e3779b1) ^ event.number(at);
    high = Math.imul(high, 0x85ebca6b) ^ event.number(at + 1);
  }
  const known = lists.get(low, high);
  if (known !== undefined) return known;
  if (lists.size >= LIMIT) lists.clear();
  const list = Array.from({ length: count }, (_, at) => internedTextAt(event, offset + at * 4));
  lists.set(low, high, list);
  return list;
}

const operations = new PairMap<string>();

/** The name of an operation with its service in front. */
export function internedOperation(event: EventView): string {
  const low = event.low(OPERATION_COLUMN) ^ Math.imul(event.low(SERVICE_COLUMN), 0x9e3779b1);
  const high = event.high(OPERATION_COLUMN) ^ event.high(SERVICE_COLUMN);
  const known = operations.get(low, high);
  if (known !== undefined) return known;
  if (operations.size >= LIMIT) operations.clear();
  const name = `${internedText(event, SERVICE_COLUMN)} ${event.text(OPERATION_COLUMN)}`;
  operations.set(low, high, name);
  return name;
}
