/**
 * How surprising the next operation is: interpolated Pitman-Yor smoothing (Teh 2006), workflow over agent over uniform.
 *
 * For a context c of order k: P_k(a|c) = max(n(c,a) - d_k, 0) / (N(c) + th_k) + esc_k(c) * P_{k-1}(a|c'),
 * esc_k(c) = (th_k + d_k T(c)) / (N(c) + th_k). Contexts that were never seen are skipped. Only frozen counts are used.
 */
import { log2 } from "../stats/exact.ts";
import { child, countOf, type Graph, kindsOf, ORDER, totalOf } from "./graph.ts";
import { START } from "./names.ts";

const DISCOUNT = [0.5, 0.7, 0.8, 0.85];
const CONCENTRATION = [1, 0.5, 0.5, 0.5];
/** Most bits that one step can count. */
export const MAX_BITS = 20;

/** The contexts in which a session stands: ORDER + 1 of the agent, then as many of the workflow; 0 where unknown. */
export type Contexts = number[];

/** Where a session stands after these symbols. Computed when it is asked for, because most steps need no explanation. */
export function contextsOf(
  g: Graph,
  agentRoot: number,
  workflowRoot: number,
  symbols: readonly number[],
): Contexts {
  return [agentRoot, workflowRoot].flatMap((root) => suffixes(g, root, symbols));
}

/** The contexts of order 0 to ORDER under one root: the last symbols, with START before the first. */
function suffixes(g: Graph, root: number, symbols: readonly number[]): number[] {
  const path = [START, ...symbols];
  return Array.from({ length: ORDER + 1 }, (_, order) =>
    order > path.length
      ? 0
      : path
          .slice(path.length - order)
          .reduce((context, symbol) => (context === 0 ? 0 : child(g, context, symbol)), root),
  );
}

/** Probability of `symbol` after these contexts, among `symbols` known ones. */
export function probability(g: Graph, contexts: Contexts, symbol: number, symbols: number): number {
  let p = 1 / (symbols + 1);
  for (let at = 0; at < contexts.length; at++) {
    const context = contexts[at]!;
    const total = context === 0 ? 0 : totalOf(g, context);
    if (total === 0) continue;
    const order = at % (ORDER + 1);
    const node = symbol === 0 ? 0 : child(g, context, symbol);
    const seen = node === 0 ? 0 : Math.max(countOf(g, node) - DISCOUNT[order]!, 0);
    p = seen / (total + CONCENTRATION[order]!) + escapeChance(g, context, order) * p;
  }
  return p;
}

/** Bits of surprise, at most MAX_BITS. */
export function surprise(p: number): number {
  return Math.min(MAX_BITS, -log2(p));
}

/** Probability that something new follows a context. */
export function escapeChance(g: Graph, context: number, order: number): number {
  const concentration = CONCENTRATION[order]!;
  return (concentration + DISCOUNT[order]! * kindsOf(g, context)) / (totalOf(g, context) + concentration);
}
