import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addChild,
  BASELINE,
  child,
  countUse,
  freeze,
  type Graph,
  newGraph,
  setState,
} from "../../../../detectors/baseline/graph/graph.ts";
import {
  contextsOf,
  MAX_BITS,
  probability,
  surprise,
} from "../../../../detectors/baseline/graph/predictor.ts";
import { START } from "../../../../detectors/baseline/names.ts";

const FIRST = 3;
const SYMBOLS = 5;
const [AGENT, WORKFLOW] = [1, 2];
const path = fc.array(fc.integer({ min: FIRST, max: FIRST + SYMBOLS - 1 }), { minLength: 1, maxLength: 9 });
const session = fc.record({ root: fc.constantFrom(AGENT, WORKFLOW), path });

/** The counts of a straightforward implementation: by root and context, as text. */
type Counts = Map<string, Map<number, number>>;

const contextAt = (path: readonly number[], step: number, order: number) => {
  const before = [START, ...path.slice(0, step)];
  return order > before.length ? undefined : before.slice(before.length - order).join();
};

/** Adds 1 at the longest context; if the symbol was new there, also at the next shorter one, and so on. */
function count(counts: Counts, root: number, path: readonly number[]): void {
  path.forEach((symbol, step) => {
    for (let order = 3; order >= 0; order--) {
      const context = contextAt(path, step, order);
      if (context === undefined) continue;
      const key = `${root}:${context}`;
      const seen = counts.get(key) ?? new Map<number, number>();
      counts.set(key, seen);
      const before = seen.get(symbol) ?? 0;
      seen.set(symbol, before + 1);
      if (before > 0) break;
    }
  });
}

/** P of algorithms 2.1: workflow over agent over uniform, contexts that were never seen skipped. */
function plainly(counts: Counts, path: readonly number[], symbol: number, symbols: number): number {
  const [d, th] = [
    [0.5, 0.7, 0.8, 0.85],
    [1, 0.5, 0.5, 0.5],
  ];
  let p = 1 / (symbols + 1);
  for (const root of [AGENT, WORKFLOW]) {
    for (let order = 0; order <= 3; order++) {
      const seen = counts.get(`${root}:${contextAt(path, path.length, order)}`);
      if (seen === undefined) continue;
      const total = [...seen.values()].reduce((sum, one) => sum + one, 0);
      const [discount, concentration] = [d[order] ?? 0, th[order] ?? 0];
      const fresh = (concentration + discount * seen.size) / (total + concentration);
      p = Math.max((seen.get(symbol) ?? 0) - discount, 0) / (total + concentration) + fresh * p;
    }
  }
  return p;
}

/** The same sessions in the packed graph, every edge baseline. */
function packed(sessions: readonly { root: number; path: readonly number[] }[]): Graph {
  const graph = newGraph();
  for (const root of [AGENT, WORKFLOW]) expect(addChild(graph, 0, root)).toBe(root);
  for (const { root, path } of sessions)
    for (let step = 0; step < path.length; step++) countStep(graph, root, path, step);
  for (let node = 1; node < graph.count; node++) {
    setState(graph, node, BASELINE);
    freeze(graph, node);
  }
  return graph;
}

function countStep(graph: Graph, root: number, path: readonly number[], step: number): void {
  let counting = true;
  for (let order = 3; order >= 0; order--) {
    const before = [START, ...path.slice(0, step)];
    if (order > before.length) continue;
    const context = before
      .slice(before.length - order)
      .reduce((at, symbol) => child(graph, at, symbol) || addChild(graph, at, symbol), root);
    const node = child(graph, context, path[step] ?? 0) || addChild(graph, context, path[step] ?? 0);
    if (counting) counting = countUse(graph, node);
  }
}

describe("the predictor", () => {
  it("gives what the formula gives, on any sessions and after any path", () => {
    fc.assert(
      fc.property(fc.array(session, { maxLength: 12 }), path, (sessions, now) => {
        const counts: Counts = new Map();
        for (const { root, path } of sessions) count(counts, root, path);
        const graph = packed(sessions);
        const contexts = contextsOf(graph, AGENT, WORKFLOW, now);
        for (let symbol = FIRST; symbol <= FIRST + SYMBOLS; symbol++)
          expect(probability(graph, contexts, symbol, 9)).toBeCloseTo(plainly(counts, now, symbol, 9), 12);
      }),
      { numRuns: 150 },
    );
  });

  it("shares out exactly one among the known symbols and a new one", () => {
    fc.assert(
      fc.property(fc.array(session, { maxLength: 12 }), path, (sessions, now) => {
        const graph = packed(sessions);
        const contexts = contextsOf(graph, AGENT, WORKFLOW, now);
        let sum = 0;
        for (let symbol = FIRST; symbol <= FIRST + SYMBOLS; symbol++)
          sum += probability(graph, contexts, symbol, SYMBOLS);
        expect(sum).toBeCloseTo(1, 12);
      }),
      { numRuns: 100 },
    );
  });

  it("is not surprised by what always comes next, and most by what never came", () => {
    const graph = packed(Array.from({ length: 50 }, () => ({ root: WORKFLOW, path: [3, 4, 5] })));
    const contexts = contextsOf(graph, AGENT, WORKFLOW, [3, 4]);
    expect(surprise(probability(graph, contexts, 5, 9))).toBeLessThan(0.1);
    expect(surprise(probability(graph, contexts, 7, 9))).toBeGreaterThan(9);
    expect(surprise(1e-30)).toBe(MAX_BITS);
  });

  it("knows nothing where nothing was learned: every symbol is equally likely", () => {
    const graph = packed([]);
    expect(probability(graph, contextsOf(graph, AGENT, WORKFLOW, [3]), 4, 9)).toBe(0.1);
  });
});
