/** The workflow graph of one agent: its edges, and what was counted of them. How they lie in memory stands in graph-layout.ts. */
import { copy, ints } from "../../stats/room.ts";
import * as layout from "./graph-layout.ts";
import {
  capacityOf,
  enter,
  type Graph,
  indexOf,
  keyOf,
  LEAST_ROOM,
  recordOf,
  slotOf,
} from "./graph-layout.ts";

export type { Graph } from "./graph-layout.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { WIDTH, SESSIONS_DAY, UNITS, FRESH, KEY_MASK, STATE_SHIFT, STATE_MASK, MANY_DAYS, COUNTED } = layout;
const { FROZEN_WIDTH, TOTAL_AT: TOTAL, KINDS_AT: KINDS, MAX_NODES } = layout;

/** Longest context, in symbols. */
export const ORDER = 3;

/** State of a node: what it takes to leave it is in life-cycle.ts. A person or a contract can pin or deny. */
export const CANDIDATE = 0;
export const BASELINE = 1;
export const PINNED = 2;
export const DENIED = 3;

/** A graph of `count` nodes, of which nothing is known yet. Node 0 is always there; `room` is a power of two. */
export function newGraph(count = 1, room = LEAST_ROOM): Graph {
  const { page, at } = ints.room(room);
  return { page, at, room, count, frozen: ints.nowhere.page, frozenAt: 0, frozenRoom: 0 };
}

/** Gives the memory back; the graph is of no more use. */
export function endGraph({ page, at, room, frozen, frozenAt, frozenRoom }: Graph): void {
  ints.giveBack(page, at, room);
  ints.giveBack(frozen, frozenAt, frozenRoom);
}

/** The node of `symbol` after `parent`; 0 if there is none. */
export function child(graph: Graph, parent: number, symbol: number): number {
  const { page, at: first, room } = graph;
  const index = indexOf(graph);
  const mask = (room >> 1) - 1;
  const key = keyOf(parent, symbol);
  for (let at = slotOf(parent, symbol) & mask; ; at = (at + 1) & mask) {
    const node = (page[index + (at >> 1)]! >>> ((at & 1) << 4)) & 0xffff;
    if (node === 0 || (page[first + node * WIDTH]! & KEY_MASK) === key) return node;
  }
}

/** Adds a node that is not there; 0 when the graph is full. */
export function addChild(graph: Graph, parent: number, symbol: number): number {
  if (graph.count >= MAX_NODES) return 0;
  if (graph.count >= capacityOf(graph.room)) grow(graph);
  const node = graph.count++;
  graph.page[recordOf(graph, node)] = keyOf(parent, symbol);
  enter(graph, node);
  return node;
}

function grow(graph: Graph): void {
  const { page: old, at: from, room, count } = graph;
  const { page, at } = ints.room(room * 2);
  copy(old, from, count * WIDTH, page, at);
  ints.giveBack(old, from, room);
  graph.page = page;
  graph.at = at;
  graph.room = room * 2;
  for (let node = 1; node < count; node++) enter(graph, node);
}

/** The context that a node stands after; 0 for a root. */
export const parentOf = (graph: Graph, node: number) =>
  (graph.page[recordOf(graph, node)]! & KEY_MASK) >>> 12;
/** The symbol of a node; for a root the number of its workflow. */
export const symbolOf = (graph: Graph, node: number) => graph.page[recordOf(graph, node)]! & 0xfff;
/** CANDIDATE, BASELINE, PINNED or DENIED. */
export const stateOf = (graph: Graph, node: number) =>
  (graph.page[recordOf(graph, node)]! >>> STATE_SHIFT) & STATE_MASK;
/** Whether a node may be used without a finding. */
export const isBaseline = (graph: Graph, node: number) =>
  node !== 0 && (stateOf(graph, node) === BASELINE || stateOf(graph, node) === PINNED);
/** Sessions that used the edge, up to 65,535. */
export const sessionsOf = (graph: Graph, node: number) =>
  graph.page[recordOf(graph, node) + SESSIONS_DAY]! >>> 16;
/** Frozen count of the edge: what the predictor uses. */
export const countOf = (graph: Graph, node: number) => frozenOf(graph, node, 0);
/** Frozen sum of the counts of a context's edges. */
export const totalOf = (graph: Graph, node: number) => frozenOf(graph, node, TOTAL);
/** Frozen number of different symbols after a context. */
export const kindsOf = (graph: Graph, node: number) => frozenOf(graph, node, KINDS);
/** Whether sessions of more than one day of event time used the edge. */
export const onManyDays = (graph: Graph, node: number) =>
  (graph.page[recordOf(graph, node)]! & MANY_DAYS) !== 0;

function frozenOf({ frozen, frozenAt, frozenRoom }: Graph, node: number, column: number): number {
  const at = node * FROZEN_WIDTH + column;
  return at < frozenRoom ? frozen[frozenAt + at]! : 0;
}

/** Different trust units that used the edge; counted up to four. */
export function witnessesOf(graph: Graph, node: number): number {
  let count = 0;
  for (let units = graph.page[recordOf(graph, node) + UNITS]!; units !== 0; units >>>= 8)
    if ((units & 0xff) !== 0) count++;
  return count;
}

/** Uses since the last freeze: without any, nothing about the node has changed. */
export const freshOf = (graph: Graph, node: number) => graph.page[recordOf(graph, node) + FRESH]!;

/** Counts one use that has not become part of the frozen counts. Answers whether the edge had never been counted. */
export function countUse(graph: Graph, node: number): boolean {
  const record = recordOf(graph, node);
  return graph.page[record + FRESH]!++ === 0 && (graph.page[record]! & COUNTED) === 0;
}

/** Notes that one more session, on a day and from a trust unit (1 to 255), used the edge. */
export function noteSession(graph: Graph, node: number, day: number, unit: number): void {
  const { page } = graph;
  const record = recordOf(graph, node);
  const seen = page[record + SESSIONS_DAY]!;
  const last = seen & 0xffff;
  if (last !== 0 && last !== day) page[record] = page[record]! | MANY_DAYS;
  page[record + SESSIONS_DAY] = (Math.min(0xffff, (seen >>> 16) + 1) << 16) | (day & 0xffff);
  const units = page[record + UNITS]!;
  for (let shift = 0; shift < 32; shift += 8) {
    const known = (units >>> shift) & 0xff;
    if (known === unit) return;
    if (known === 0) {
      page[record + UNITS] = units | (unit << shift);
      return;
    }
  }
}

/** Moves a node to another state. */
export function setState(graph: Graph, node: number, state: number): void {
  const at = recordOf(graph, node);
  graph.page[at] = (graph.page[at]! & ~(STATE_MASK << STATE_SHIFT)) | (state << STATE_SHIFT);
}

/** Moves what was counted since the last time into the frozen counts of a node and of its context. */
export function freeze(graph: Graph, node: number): void {
  const fresh = freshOf(graph, node);
  if (fresh === 0) return;
  makeRoomForFrozen(graph);
  const { page, frozen, frozenAt } = graph;
  const record = recordOf(graph, node);
  const own = frozenAt + node * FROZEN_WIDTH;
  const context = frozenAt + parentOf(graph, node) * FROZEN_WIDTH;
  if ((page[record]! & COUNTED) === 0) frozen[context + KINDS]!++;
  page[record] = page[record]! | COUNTED;
  frozen[context + TOTAL]! += fresh;
  frozen[own]! += fresh;
  page[record + FRESH] = 0;
}

/** Makes room for the frozen counts of all nodes that the graph has room for. */
export function makeRoomForFrozen(graph: Graph): void {
  const longer = capacityOf(graph.room) * FROZEN_WIDTH;
  if (graph.frozenRoom >= longer) return;
  const { page, at } = ints.grown(graph.frozen, graph.frozenAt, graph.frozenRoom, longer);
  graph.frozen = page;
  graph.frozenAt = at;
  graph.frozenRoom = longer;
}

/** Children of a node, most used first; for people, not for the hot path. */
export function childrenOf(graph: Graph, parent: number): number[] {
  const found: number[] = [];
  for (let node = 1; node < graph.count; node++) if (parentOf(graph, node) === parent) found.push(node);
  return found.sort(
    (a, b) => countOf(graph, b) - countOf(graph, a) || symbolOf(graph, a) - symbolOf(graph, b),
  );
}
