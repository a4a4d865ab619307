/**
 * The workflow graph of one agent: a trie of contexts in one packed array.
 *
 * A node is an edge: symbol `a` seen after the context that its parent stands for. Roots stand for the agent as a
 * whole and for each workflow; a root's children are the operations used there, their children the transitions, and
 * so on to order 3. So one look-up by (parent, symbol) gives the edge's counts and, at the same time, the context of
 * the next order for the step after. A node takes 32 bytes, and 5 to 10 in the index.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { ints } from "../stats/room.ts";

/** Longest context, in symbols. */
export const ORDER = 3;

/** State of a node: what it takes to leave it is in life-cycle.ts. A person or a contract can pin or deny. */
export const CANDIDATE = 0;
export const BASELINE = 1;
export const PINNED = 2;
export const DENIED = 3;

const WIDTH = 8;
const SYMBOL_SESSIONS = 1;
const COUNT = 2;
const FRESH = 3;
const TOTAL = 4;
const KINDS_DAY = 5;
const UNITS = 6;
const LAST_SESSION = 7;

const STATE_BITS = 4;
const STATE_MASK = 7;
/** Seen on more than one day of event time. */
const MANY_DAYS = 8;

/** Most nodes of one agent; beyond it only edges that are there already are counted. */
const MAX_NODES = 16_384;

/** The nodes of one agent, and where to find them. */
export interface Graph {
  /**
   * Holds the graph from `at` on: seven eighths of its room for records of WIDTH numbers (node 0 is unused), one eighth
   * for the index, an open-addressed table with two nodes, of 16 bits each, to a number.
   */
  page: Int32Array;
  at: number;
  /** A power of two. */
  room: number;
  count: number;
}

const LEAST_ROOM = 256;

/** Nodes that there is room for; the index is less than half full. */
const capacityOf = (room: number) => (room >> 6) * 7;
/** Where the index of a graph begins. */
const indexOf = ({ at, room }: Graph) => at + room - (room >> 3);

/** A graph with room for a few nodes. */
export function newGraph(): Graph {
  return { ...ints.room(LEAST_ROOM), room: LEAST_ROOM, count: 1 };
}

/** Gives the memory back; the graph is of no more use. */
export function endGraph({ page, at, room }: Graph): void {
  ints.giveBack(page, at, room);
}

/** Where the record of a node lies. */
const recordOf = (g: Graph, node: number) => g.at + node * WIDTH;

const slotOf = (parent: number, symbol: number) =>
  (Math.imul(parent, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b)) >>> 7;

/** The node of `symbol` after `parent`; 0 if there is none. */
export function child(g: Graph, parent: number, symbol: number): number {
  const { page, at: first, room } = g;
  const index = indexOf(g);
  const mask = (room >> 2) - 1;
  for (let at = slotOf(parent, symbol) & mask; ; at = (at + 1) & mask) {
    const node = (page[index + (at >> 1)]! >>> ((at & 1) << 4)) & 0xffff;
    if (node === 0) return 0;
    const record = first + node * WIDTH;
    if (page[record]! >>> STATE_BITS === parent && page[record + SYMBOL_SESSIONS]! >>> 16 === symbol)
      return node;
  }
}

/** Adds a node that is not there; 0 when the graph is full. */
export function addChild(g: Graph, parent: number, symbol: number): number {
  if (g.count >= MAX_NODES) return 0;
  if (g.count >= capacityOf(g.room)) grow(g);
  const node = g.count++;
  const record = recordOf(g, node);
  g.page[record] = parent << STATE_BITS;
  g.page[record + SYMBOL_SESSIONS] = symbol << 16;
  enter(g, node);
  return node;
}

function grow(g: Graph): void {
  const { page: old, at: from, room, count } = g;
  const { page, at } = ints.room(room * 2);
  for (let i = 0; i < count * WIDTH; i++) page[at + i] = old[from + i]!;
  ints.giveBack(old, from, room);
  g.page = page;
  g.at = at;
  g.room = room * 2;
  for (let node = 1; node < count; node++) enter(g, node);
}

function enter(g: Graph, node: number): void {
  const { page, room } = g;
  const index = indexOf(g);
  const mask = (room >> 2) - 1;
  let at = slotOf(parentOf(g, node), symbolOf(g, node)) & mask;
  while (((page[index + (at >> 1)]! >>> ((at & 1) << 4)) & 0xffff) !== 0) at = (at + 1) & mask;
  page[index + (at >> 1)]! |= node << ((at & 1) << 4);
}

/** The context that a node stands after; 0 for a root. */
export const parentOf = (g: Graph, node: number) => g.page[recordOf(g, node)]! >>> STATE_BITS;
/** The symbol of a node; for a root the number of its workflow. */
export const symbolOf = (g: Graph, node: number) => g.page[recordOf(g, node) + SYMBOL_SESSIONS]! >>> 16;
/** CANDIDATE, BASELINE, PINNED or DENIED. */
export const stateOf = (g: Graph, node: number) => g.page[recordOf(g, node)]! & STATE_MASK;
/** Whether a node may be used without a finding. */
export const isBaseline = (g: Graph, node: number) =>
  node !== 0 && (stateOf(g, node) === BASELINE || stateOf(g, node) === PINNED);
/** Sessions that used the edge, up to 65,535. */
export const sessionsOf = (g: Graph, node: number) => g.page[recordOf(g, node) + SYMBOL_SESSIONS]! & 0xffff;
/** Frozen count of the edge: what the predictor uses. */
export const countOf = (g: Graph, node: number) => g.page[recordOf(g, node) + COUNT]!;
/** Frozen sum of the counts of a context's edges. */
export const totalOf = (g: Graph, node: number) => g.page[recordOf(g, node) + TOTAL]!;
/** Frozen number of different symbols after a context. */
export const kindsOf = (g: Graph, node: number) => g.page[recordOf(g, node) + KINDS_DAY]! >>> 16;
/** Whether sessions of more than one day of event time used the edge. */
export const onManyDays = (g: Graph, node: number) => (g.page[recordOf(g, node)]! & MANY_DAYS) !== 0;

/** Different trust units that used the edge; counted up to four. */
export function witnessesOf(g: Graph, node: number): number {
  const units = g.page[recordOf(g, node) + UNITS]!;
  return (
    ((units & 0xff) !== 0 ? 1 : 0) +
    ((units & 0xff00) !== 0 ? 1 : 0) +
    ((units & 0xff0000) !== 0 ? 1 : 0) +
    (units >>> 24 !== 0 ? 1 : 0)
  );
}

/** Uses since the last freeze: without any, nothing about the node has changed. */
export const freshOf = (g: Graph, node: number) => g.page[recordOf(g, node) + FRESH]!;

/** Whether a session, given by its number under the node's root, uses the edge for the first time; from now on it has. */
export function isFirstInSession(g: Graph, node: number, session: number): boolean {
  const at = recordOf(g, node) + LAST_SESSION;
  if (g.page[at] === session) return false;
  g.page[at] = session;
  return true;
}

/** Counts one use that has not become part of the frozen counts. Answers whether the edge had never been counted. */
export function countUse(g: Graph, node: number): boolean {
  const record = recordOf(g, node);
  return g.page[record + FRESH]!++ === 0 && g.page[record + COUNT] === 0;
}

/** Notes that one more session, on a day and from a trust unit (1 to 255), used the edge. */
export function noteSession(g: Graph, node: number, day: number, unit: number): void {
  const { page } = g;
  const record = recordOf(g, node);
  if ((page[record + SYMBOL_SESSIONS]! & 0xffff) < 0xffff) page[record + SYMBOL_SESSIONS]!++;
  const last = page[record + KINDS_DAY]! & 0xffff;
  if (last !== day) {
    if (last !== 0) page[record] = page[record]! | MANY_DAYS;
    page[record + KINDS_DAY] = (page[record + KINDS_DAY]! & ~0xffff) | (day & 0xffff);
  }
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
export function setState(g: Graph, node: number, state: number): void {
  g.page[recordOf(g, node)] = (g.page[recordOf(g, node)]! & ~STATE_MASK) | state;
}

/** Moves what was counted since the last time into the frozen counts of a node and of its context. */
export function freeze(g: Graph, node: number): void {
  const { page } = g;
  const record = recordOf(g, node);
  const fresh = page[record + FRESH]!;
  if (fresh === 0) return;
  const context = recordOf(g, parentOf(g, node));
  if (page[record + COUNT] === 0) page[context + KINDS_DAY] = page[context + KINDS_DAY]! + 0x10000;
  page[context + TOTAL] = page[context + TOTAL]! + fresh;
  page[record + COUNT] = page[record + COUNT]! + fresh;
  page[record + FRESH] = 0;
}

/** Children of a node, most used first; for people, not for the hot path. */
export function childrenOf(g: Graph, parent: number): number[] {
  const found: number[] = [];
  for (let node = 1; node < g.count; node++) if (parentOf(g, node) === parent) found.push(node);
  return found.sort((a, b) => countOf(g, b) - countOf(g, a) || symbolOf(g, a) - symbolOf(g, b));
}

/** Dense: the nodes as they lie in memory; the index is made again. */
export function writeGraph(g: Graph, to: ByteWriter): void {
  to.ints(g.page, g.at, g.count * WIDTH);
}

/** Reads what writeGraph wrote. Throws a RangeError on what cannot be a graph. */
export function readGraph(from: ByteReader): Graph {
  const count = from.count(4) / WIDTH;
  let room = LEAST_ROOM;
  while (count > capacityOf(room)) room *= 2;
  const g: Graph = { ...ints.room(room), room, count };
  from.ints(g.page, g.at, count * WIDTH);
  for (let node = 1; node < count; node++) {
    if (parentOf(g, node) >= node) throw new RangeError("a node stands before its parent");
    enter(g, node);
  }
  return g;
}
