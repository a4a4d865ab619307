/**
 * The workflow graph of one agent: a trie of contexts in one packed array.
 *
 * A node is an edge: symbol `a` seen after the context that its parent stands for. Roots stand for the agent as a
 * whole and for each workflow; a root's children are the operations used there, their children the transitions, and
 * so on to order 3. So one look-up by (parent, symbol) gives the edge's counts and, at the same time, the context of
 * the next order for the step after. A node takes 16 bytes, and 5 to 11 in the index; frozen counts stand apart and take
 * 12 more, once the agent has any: learning never looks at them, and is as fast as its nodes are close together.
 */

/** Numbers of a node. */
export const WIDTH = 4;
/** Sessions that used it, up to 65,535, above the newest of their days. */
export const SESSIONS_DAY = 1;
/** The first four trust units that used it, a byte each. */
export const UNITS = 2;
/** Uses since the last freeze. */
export const FRESH = 3;

/** Parent and symbol, in the first number of a node. */
export const KEY_MASK = (1 << 26) - 1;
/** Its state stands above them, and above that two marks. */
export const STATE_SHIFT = 26;
/** Bits of a state. */
export const STATE_MASK = 7;
/** Seen on more than one day of event time. */
export const MANY_DAYS = 1 << 29;
/** Has a frozen count. */
export const COUNTED = 1 << 30;

/** Frozen counts of a node: its own, */
export const FROZEN_WIDTH = 3;
/** the sum of those that follow it, */
export const TOTAL_AT = 1;
/** and how many they are. */
export const KINDS_AT = 2;

/** Most nodes of one agent; beyond it only edges that are there already are counted. */
export const MAX_NODES = 16_384;

/** The nodes of one agent, and where to find them. */
export interface Graph {
  /**
   * Holds the graph from `at` on: three quarters of its room for records of WIDTH numbers (node 0 is unused), one quarter
   * for the index, an open-addressed table with two nodes, of 16 bits each, to a number.
   */
  page: Int32Array;
  at: number;
  /** A power of two. */
  room: number;
  count: number;
  /** The page that the frozen counts lie in: FROZEN_WIDTH numbers a node, as many as there is room for. */
  frozen: Int32Array;
  frozenAt: number;
  frozenRoom: number;
}

/** Room of an empty graph. */
export const LEAST_ROOM = 128;

/** Nodes that there is room for; the index is less than half full. */
export const capacityOf = (room: number) => (room >> 4) * 3;
/** Where the index of a graph begins. */
export const indexOf = ({ at, room }: Graph) => at + room - (room >> 2);

/** Where the record of a node lies. */
export const recordOf = (graph: Graph, node: number) => graph.at + node * WIDTH;

/** What a node is found by. Nodes are fewer than 2^14, names fewer than 2^12. */
export const keyOf = (parent: number, symbol: number) => (parent << 12) | symbol;

/** Where a node belongs in the index, before it is cut to its size. */
export const slotOf = (parent: number, symbol: number) =>
  (Math.imul(parent, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b)) >>> 7;

/** Enters a node into the index. */
export function enter(graph: Graph, node: number): void {
  const { page, room } = graph;
  const index = indexOf(graph);
  const mask = (room >> 1) - 1;
  const key = page[recordOf(graph, node)]! & KEY_MASK;
  let at = slotOf(key >>> 12, key & 0xfff) & mask;
  while (((page[index + (at >> 1)]! >>> ((at & 1) << 4)) & 0xffff) !== 0) at = (at + 1) & mask;
  page[index + (at >> 1)]! |= node << ((at & 1) << 4);
}
