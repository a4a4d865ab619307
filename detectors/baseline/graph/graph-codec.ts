/** How a graph is stored: eight numbers a node, whatever it takes in memory. */
import type { ByteReader, ByteWriter } from "../../codec.ts";
import { ints } from "../../stats/room.ts";
import {
  countOf,
  kindsOf,
  makeRoomForFrozen,
  onManyDays,
  parentOf,
  stateOf,
  symbolOf,
  totalOf,
} from "./graph.ts";
import {
  COUNTED,
  capacityOf,
  enter,
  FRESH,
  FROZEN_WIDTH,
  type Graph,
  KINDS,
  keyOf,
  LEAST_ROOM,
  MANY_DAYS,
  recordOf,
  SESSIONS_DAY,
  STATE_MASK,
  STATE_SHIFT,
  TOTAL,
  UNITS,
} from "./graph-layout.ts";

/** Numbers of a node: parent, many days and state; symbol and sessions; count; fresh; total; kinds and day; units; and one that was used once. */
const STORED = 8;
const STORED_MANY_DAYS = 8;

/** One for all calls. */
let numbers = new Int32Array(0);

/** Dense, in the order in which nodes were added. */
export function writeGraph(g: Graph, to: ByteWriter): void {
  const length = g.count * STORED;
  if (numbers.length < length) numbers = new Int32Array(length * 2);
  for (let node = 0; node < g.count; node++) storeNode(g, node, node * STORED);
  to.ints(numbers, 0, length);
}

function storeNode(g: Graph, node: number, to: number): void {
  const record = recordOf(g, node);
  const seen = g.page[record + SESSIONS_DAY]!;
  const manyDays = onManyDays(g, node) ? STORED_MANY_DAYS : 0;
  numbers[to] = (parentOf(g, node) << 4) | manyDays | stateOf(g, node);
  numbers[to + 1] = (symbolOf(g, node) << 16) | (seen >>> 16);
  numbers[to + 2] = countOf(g, node);
  numbers[to + 3] = g.page[record + FRESH]!;
  numbers[to + 4] = totalOf(g, node);
  numbers[to + 5] = (kindsOf(g, node) << 16) | (seen & 0xffff);
  numbers[to + 6] = g.page[record + UNITS]!;
}

/** Reads what writeGraph wrote. Throws a RangeError on what cannot be a graph. */
export function readGraph(from: ByteReader): Graph {
  const stored = from.list();
  const count = Math.floor(stored.length / STORED);
  let room = LEAST_ROOM;
  while (count > capacityOf(room)) room *= 2;
  const frozen = { frozen: ints.nowhere.page, frozenAt: 0, frozenRoom: 0 };
  const g: Graph = { ...ints.room(room), room, count, ...frozen };
  for (let node = 0; node < count; node++) restoreNode(g, node, stored, node * STORED);
  return g;
}

function restoreNode(g: Graph, node: number, stored: Int32Array, at: number): void {
  const [head, symbolSessions, kindsDay] = [stored[at]!, stored[at + 1]!, stored[at + 5]!];
  const [parent, count, total] = [head >>> 4, stored[at + 2]!, stored[at + 4]!];
  if (node > 0 && parent >= node) throw new RangeError("a node stands before its parent");
  const record = recordOf(g, node);
  const marks = ((head & STORED_MANY_DAYS) !== 0 ? MANY_DAYS : 0) | (count === 0 ? 0 : COUNTED);
  g.page[record] = keyOf(parent, symbolSessions >>> 16) | ((head & STATE_MASK) << STATE_SHIFT) | marks;
  g.page[record + SESSIONS_DAY] = ((symbolSessions & 0xffff) << 16) | (kindsDay & 0xffff);
  g.page[record + FRESH] = stored[at + 3]!;
  g.page[record + UNITS] = stored[at + 6]!;
  if (node > 0) enter(g, node);
  if (count !== 0 || total !== 0) restoreFrozen(g, node, count, total, kindsDay >>> 16);
}

function restoreFrozen(g: Graph, node: number, count: number, total: number, kinds: number): void {
  makeRoomForFrozen(g);
  const at = g.frozenAt + node * FROZEN_WIDTH;
  g.frozen[at] = count;
  g.frozen[at + TOTAL] = total;
  g.frozen[at + KINDS] = kinds;
}
