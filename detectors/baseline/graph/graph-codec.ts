/** How a graph is stored: eight numbers a node, whatever it takes in memory. */
import type { ByteReader, ByteWriter } from "../../codec.ts";
import {
  countOf,
  kindsOf,
  makeRoomForFrozen,
  newGraph,
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
  KINDS_AT,
  keyOf,
  LEAST_ROOM,
  MANY_DAYS,
  recordOf,
  SESSIONS_DAY,
  STATE_MASK,
  STATE_SHIFT,
  TOTAL_AT,
  UNITS,
} from "./graph-layout.ts";

/** Numbers of a node: parent, many days and state; symbol and sessions; count; fresh; total; kinds and day; units; and one that was used once. */
const STORED = 8;
const STORED_MANY_DAYS = 8;

/** One for all calls. */
let numbers = new Int32Array(0);

/** Dense, in the order in which nodes were added. */
export function writeGraph(graph: Graph, to: ByteWriter): void {
  const length = graph.count * STORED;
  if (numbers.length < length) numbers = new Int32Array(length * 2);
  for (let node = 0; node < graph.count; node++) storeNode(graph, node, node * STORED);
  to.ints(numbers, 0, length);
}

function storeNode(graph: Graph, node: number, to: number): void {
  const record = recordOf(graph, node);
  const seen = graph.page[record + SESSIONS_DAY]!;
  const manyDays = onManyDays(graph, node) ? STORED_MANY_DAYS : 0;
  numbers[to] = (parentOf(graph, node) << 4) | manyDays | stateOf(graph, node);
  numbers[to + 1] = (symbolOf(graph, node) << 16) | (seen >>> 16);
  numbers[to + 2] = countOf(graph, node);
  numbers[to + 3] = graph.page[record + FRESH]!;
  numbers[to + 4] = totalOf(graph, node);
  numbers[to + 5] = (kindsOf(graph, node) << 16) | (seen & 0xffff);
  numbers[to + 6] = graph.page[record + UNITS]!;
}

/** Reads what writeGraph wrote. Throws a RangeError on what cannot be a graph. */
export function readGraph(from: ByteReader): Graph {
  const stored = from.list();
  const count = Math.floor(stored.length / STORED);
  let room = LEAST_ROOM;
  while (count > capacityOf(room)) room *= 2;
  const graph = newGraph(count, room);
  for (let node = 0; node < count; node++) restoreNode(graph, node, stored, node * STORED);
  return graph;
}

function restoreNode(graph: Graph, node: number, stored: Int32Array, at: number): void {
  const [head, symbolSessions, kindsDay] = [stored[at]!, stored[at + 1]!, stored[at + 5]!];
  const [parent, count, total] = [head >>> 4, stored[at + 2]!, stored[at + 4]!];
  if (node > 0 && parent >= node) throw new RangeError("a node stands before its parent");
  const record = recordOf(graph, node);
  const marks = ((head & STORED_MANY_DAYS) !== 0 ? MANY_DAYS : 0) | (count === 0 ? 0 : COUNTED);
  graph.page[record] = keyOf(parent, symbolSessions >>> 16) | ((head & STATE_MASK) << STATE_SHIFT) | marks;
  graph.page[record + SESSIONS_DAY] = ((symbolSessions & 0xffff) << 16) | (kindsDay & 0xffff);
  graph.page[record + FRESH] = stored[at + 3]!;
  graph.page[record + UNITS] = stored[at + 6]!;
  if (node > 0) enter(graph, node);
  if (count !== 0 || total !== 0) restoreFrozen(graph, node, count, total, kindsDay >>> 16);
}

function restoreFrozen(graph: Graph, node: number, count: number, total: number, kinds: number): void {
  makeRoomForFrozen(graph);
  const at = graph.frozenAt + node * FROZEN_WIDTH;
  graph.frozen[at] = count;
  graph.frozen[at + TOTAL_AT] = total;
  graph.frozen[at + KINDS_AT] = kinds;
}
