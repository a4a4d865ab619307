/**
 * The workflow graph of one agent: a trie of contexts in one packed array.
 *
 * A node is an edge: symbol `a` seen after the context that its parent stands for. Roots stand for the agent as a
 * whole and for each workflow; a root's children are the operations used there, their children the transitions, and
 * so on to order 3. So one look-up by (parent, symbol) gives the edge's counts and, at the same time, the context of
 * the next order for the step after. A node takes 32 bytes, and 4 to 8 in the index.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { giveBack, grown, room, roomier } from "../stats/room.ts";

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
  /** Records of WIDTH numbers; node 0 is unused. */
  nodes: Int32Array;
  count: number;
  index: Int32Array;
}

/** A graph with room for a few nodes. */
export function newGraph(): Graph {
  return { nodes: room(WIDTH * 8), count: 1, index: room(16) };
}

const slotOf = (parent: number, symbol: number) =>
  (Math.imul(parent, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b)) >>> 7;

/** The node of `symbol` after `parent`; 0 if there is none. */
export function child(g: Graph, parent: number, symbol: number): number {
  const { nodes, index } = g;
  const mask = index.length - 1;
  for (let at = slotOf(parent, symbol) & mask; ; at = (at + 1) & mask) {
    const node = index[at]!;
    if (node === 0) return 0;
    const record = node * WIDTH;
    if (nodes[record]! >>> STATE_BITS === parent && nodes[record + SYMBOL_SESSIONS]! >>> 16 === symbol)
      return node;
  }
}

/** Adds a node that is not there; 0 when the graph is full. */
export function addChild(g: Graph, parent: number, symbol: number): number {
  if (g.count >= MAX_NODES) return 0;
  if ((g.count + 1) * WIDTH > g.nodes.length) g.nodes = grown(g.nodes, roomier(g.count) * WIDTH);
  const node = g.count++;
  g.nodes[node * WIDTH] = parent << STATE_BITS;
  g.nodes[node * WIDTH + SYMBOL_SESSIONS] = symbol << 16;
  if (g.count * 4 > g.index.length * 3) reindex(g);
  else enter(g, node);
  return node;
}

function reindex(g: Graph): void {
  const longer = roomier(g.index.length);
  giveBack(g.index);
  g.index = room(longer);
  for (let node = 1; node < g.count; node++) enter(g, node);
}

function enter(g: Graph, node: number): void {
  const mask = g.index.length - 1;
  let at = slotOf(parentOf(g, node), symbolOf(g, node)) & mask;
  while (g.index[at] !== 0) at = (at + 1) & mask;
  g.index[at] = node;
}

/** The context that a node stands after; 0 for a root. */
export const parentOf = (g: Graph, node: number) => g.nodes[node * WIDTH]! >>> STATE_BITS;
/** The symbol of a node; for a root the number of its workflow. */
export const symbolOf = (g: Graph, node: number) => g.nodes[node * WIDTH + SYMBOL_SESSIONS]! >>> 16;
/** CANDIDATE, BASELINE, PINNED or DENIED. */
export const stateOf = (g: Graph, node: number) => g.nodes[node * WIDTH]! & STATE_MASK;
/** Whether a node may be used without a finding. */
export const isBaseline = (g: Graph, node: number) =>
  node !== 0 && (stateOf(g, node) === BASELINE || stateOf(g, node) === PINNED);
/** Sessions that used the edge, up to 65,535. */
export const sessionsOf = (g: Graph, node: number) => g.nodes[node * WIDTH + SYMBOL_SESSIONS]! & 0xffff;
/** Frozen count of the edge: what the predictor uses. */
export const countOf = (g: Graph, node: number) => g.nodes[node * WIDTH + COUNT]!;
/** Frozen sum of the counts of a context's edges. */
export const totalOf = (g: Graph, node: number) => g.nodes[node * WIDTH + TOTAL]!;
/** Frozen number of different symbols after a context. */
export const kindsOf = (g: Graph, node: number) => g.nodes[node * WIDTH + KINDS_DAY]! >>> 16;
/** Whether sessions of more than one day of event time used the edge. */
export const onManyDays = (g: Graph, node: number) => (g.nodes[node * WIDTH]! & MANY_DAYS) !== 0;

/** Different trust units that used the edge; counted up to four. */
export function witnessesOf(g: Graph, node: number): number {
  const units = g.nodes[node * WIDTH + UNITS]!;
  return (
    ((units & 0xff) !== 0 ? 1 : 0) +
    ((units & 0xff00) !== 0 ? 1 : 0) +
    ((units & 0xff0000) !== 0 ? 1 : 0) +
    (units >>> 24 !== 0 ? 1 : 0)
  );
}

/** Uses since the last freeze: without any, nothing about the node has changed. */
export const freshOf = (g: Graph, node: number) => g.nodes[node * WIDTH + FRESH]!;

/** Whether a session, given by its number under the node's root, uses the edge for the first time; from now on it has. */
export function isFirstInSession(g: Graph, node: number, session: number): boolean {
  const at = node * WIDTH + LAST_SESSION;
  if (g.nodes[at] === session) return false;
  g.nodes[at] = session;
  return true;
}

/** Counts one use that has not become part of the frozen counts. Answers whether the edge had never been counted. */
export function countUse(g: Graph, node: number): boolean {
  const record = node * WIDTH;
  return g.nodes[record + FRESH]!++ === 0 && g.nodes[record + COUNT] === 0;
}

/** Notes that one more session, on a day and from a trust unit (1 to 255), used the edge. */
export function noteSession(g: Graph, node: number, day: number, unit: number): void {
  const { nodes } = g;
  const record = node * WIDTH;
  if ((nodes[record + SYMBOL_SESSIONS]! & 0xffff) < 0xffff) nodes[record + SYMBOL_SESSIONS]!++;
  const last = nodes[record + KINDS_DAY]! & 0xffff;
  if (last !== day) {
    if (last !== 0) nodes[record] = nodes[record]! | MANY_DAYS;
    nodes[record + KINDS_DAY] = (nodes[record + KINDS_DAY]! & ~0xffff) | (day & 0xffff);
  }
  const units = nodes[record + UNITS]!;
  for (let shift = 0; shift < 32; shift += 8) {
    const known = (units >>> shift) & 0xff;
    if (known === unit) return;
    if (known === 0) {
      nodes[record + UNITS] = units | (unit << shift);
      return;
    }
  }
}

/** Moves a node to another state. */
export function setState(g: Graph, node: number, state: number): void {
  g.nodes[node * WIDTH] = (g.nodes[node * WIDTH]! & ~STATE_MASK) | state;
}

/** Moves what was counted since the last time into the frozen counts of a node and of its context. */
export function freeze(g: Graph, node: number): void {
  const { nodes } = g;
  const record = node * WIDTH;
  const fresh = nodes[record + FRESH]!;
  if (fresh === 0) return;
  const context = parentOf(g, node) * WIDTH;
  if (nodes[record + COUNT] === 0) nodes[context + KINDS_DAY] = nodes[context + KINDS_DAY]! + 0x10000;
  nodes[context + TOTAL] = nodes[context + TOTAL]! + fresh;
  nodes[record + COUNT] = nodes[record + COUNT]! + fresh;
  nodes[record + FRESH] = 0;
}

/** Children of a node, most used first; for people, not for the hot path. */
export function childrenOf(g: Graph, parent: number): number[] {
  const found: number[] = [];
  for (let node = 1; node < g.count; node++) if (parentOf(g, node) === parent) found.push(node);
  return found.sort((a, b) => countOf(g, b) - countOf(g, a) || symbolOf(g, a) - symbolOf(g, b));
}

/** Dense: the nodes as they lie in memory; the index is made again. */
export function writeGraph(g: Graph, to: ByteWriter): void {
  to.ints(g.nodes.subarray(0, g.count * WIDTH));
}

/** Reads what writeGraph wrote. */
export function readGraph(from: ByteReader): Graph {
  const nodes = from.ints();
  const count = nodes.length / WIDTH;
  let capacity = 16;
  while (count * 4 > capacity * 3) capacity *= 2;
  const g: Graph = { nodes, count, index: room(capacity) };
  for (let node = 1; node < count; node++) enter(g, node);
  return g;
}
