/**
 * How surprising the next operation is: interpolated Pitman-Yor smoothing (Teh 2006), workflow over agent over uniform.
 *
 * For a context c of order k: P_k(a|c) = max(n(c,a) - d_k, 0) / (N(c) + th_k) + esc_k(c) * P_{k-1}(a|c'),
 * esc_k(c) = (th_k + d_k T(c)) / (N(c) + th_k). Contexts that were never seen are skipped. Only frozen counts are used.
 */
import { log2 } from "../../stats/exact.ts";
import { START } from "../names.ts";
import { child, countOf, type Graph, kindsOf, ORDER, totalOf } from "./graph.ts";

const DISCOUNT = [0.5, 0.7, 0.8, 0.85];
const CONCENTRATION = [1, 0.5, 0.5, 0.5];
/** Most bits that one step can count. */
export const MAX_BITS = 20;

/** The contexts in which a session stands: ORDER + 1 of the agent, then as many of the workflow; 0 where unknown. */
export type Contexts = number[];

/** Where a session stands after these symbols. Computed when it is asked for, because most steps need no explanation. */
export function contextsOf(
  graph: Graph,
  agentRoot: number,
  workflowRoot: number,
  symbols: readonly number[],
): Contexts {
  return [agentRoot, workflowRoot].flatMap((root) => suffixes(graph, root, symbols));
}

/** The contexts of order 0 to ORDER under one root: the last symbols, with START before the first. */
function suffixes(graph: Graph, root: number, symbols: readonly number[]): number[] {
  const path = [START, ...symbols];
  return Array.from({ length: ORDER + 1 }, (_, order) =>
    order > path.length
      ? 0
      : path
          .slice(path.length - order)
          .reduce((context, symbol) => (context === 0 ? 0 : child(graph, context, symbol)), root),
  );
}

/** Probability of `symbol` after these contexts, among `symbols` known ones. */
export function probability(graph: Graph, contexts: Contexts, symbol: number, symbols: number): number {
  let chance = 1 / (symbols + 1);
  for (let at = 0; at < contexts.length; at++) {
    const context = contexts[at]!;
    const total = context === 0 ? 0 : totalOf(graph, context);
    if (total === 0) continue;
    const node = symbol === 0 ? 0 : child(graph, context, symbol);
    chance = interpolated(graph, context, node, at % (ORDER + 1), chance);
  }
  return chance;
}

/** What a context of some order makes of the probability that shorter ones gave to its `node`, 0 if it has none. */
function interpolated(graph: Graph, context: number, node: number, order: number, chance: number): number {
  const seen = node === 0 ? 0 : Math.max(countOf(graph, node) - DISCOUNT[order]!, 0);
  return (
    seen / (totalOf(graph, context) + CONCENTRATION[order]!) + escapeChance(graph, context, order) * chance
  );
}

/** Numbers that say where a session stands: as many as `contextsOf` gives. */
export const CONTEXTS = 2 * (ORDER + 1);

/** Puts a session where it stands before its first step: at the contexts that its agent and workflow begin with. */
export function enterContexts(
  graph: Graph,
  agentRoot: number,
  workflowRoot: number,
  contexts: Int32Array,
): void {
  contexts.fill(0);
  contexts[0] = agentRoot;
  contexts[1] = child(graph, agentRoot, START);
  if (workflowRoot === 0) return;
  contexts[ORDER + 1] = workflowRoot;
  contexts[ORDER + 2] = child(graph, workflowRoot, START);
}

/**
 * The session goes one step on; `chance` is what the agent's peers make of the step, 0 if nothing. Answers the bits of
 * surprise; none if nothing is known of the agent.
 */
export function walk(graph: Graph, contexts: Int32Array, symbol: number, chance: number): number {
  // Among so many operations the agent would choose if it were known for nothing else.
  let p = Math.max(chance, 1 / (kindsOf(graph, contexts[0]!) + 1));
  for (let at = 0, carried = 0; at < CONTEXTS; at++) {
    const order = at % (ORDER + 1);
    const context = contexts[at]!;
    if (order === 0) carried = context;
    const node = context === 0 ? 0 : child(graph, context, symbol);
    if (context !== 0 && totalOf(graph, context) !== 0) p = interpolated(graph, context, node, order, p);
    // What follows a context is the context of the next order for the step after.
    contexts[at] = carried;
    carried = node;
  }
  return surprise(p);
}

/** Bits of surprise, at most MAX_BITS. */
export function surprise(chance: number): number {
  return Math.min(MAX_BITS, -log2(chance));
}

/** Probability that something new follows a context. */
export function escapeChance(graph: Graph, context: number, order: number): number {
  const concentration = CONCENTRATION[order]!;
  return (
    (concentration + DISCOUNT[order]! * kindsOf(graph, context)) / (totalOf(graph, context) + concentration)
  );
}
