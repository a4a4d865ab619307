/** Learning from a session that has ended without a finding. */
import { longer } from "../stats/longer.ts";
import { type Baseline, type LearningProgress, progressOf } from "./baseline.ts";
import { addChild, child, countUse, noteSession, ORDER, sessionsOf, symbolOf } from "./graph/graph.ts";
import { MAX_NODES } from "./graph/graph-layout.ts";
import { START, tierOf } from "./names.ts";
import type { SessionPath } from "./path.ts";
import type { BaselineSettings } from "./settings.ts";
import { endLearningIfReady } from "./turn.ts";
import { learnValues } from "./values/learn-values.ts";

/** Learns from a whole session. `day` is days since 2000, at most 65,535. */
export function learn(baseline: Baseline, path: SessionPath, day: number, settings: BaselineSettings): void {
  const agent = progressOf(baseline, 0);
  const workflow = path.workflow > 0 ? progressOf(baseline, path.workflow) : undefined;
  const unit = agent === undefined ? 1 : unitNumber(agent, path.unit);
  if (agent !== undefined) learnPath(baseline, agent, path, day, unit);
  if (workflow !== undefined) learnPath(baseline, workflow, path, day, unitNumber(workflow, path.unit));
  learnValues(baseline, path, day, unit);
  if (workflow !== undefined) endLearningIfReady(baseline, workflow, settings);
  if (agent !== undefined) endLearningIfReady(baseline, agent, settings);
}

const NO_WITNESS = 0;

/** The number of a trust unit: from 1 in the order in which an agent or workflow met them; the last number is shared. */
export function unitNumber(progress: LearningProgress, unit: number): number {
  const { units } = progress;
  // Whoever names no unit is no witness, unless nobody ever names one.
  if (unit === 0 && units.some((known) => known !== 0)) return NO_WITNESS;
  for (let at = 0; at < units.length; at++) if (units[at] === unit) return at + 1;
  if (units.length < 255) progress.units = longer(units, unit);
  return progress.units.length;
}

/**
 * By node, the number of the walk that last came by it, which is how each edge is noted once a session; the number of the
 * newest walk stands under node 0, which is none. One list for all, because learning never nests.
 */
const walks = new Float64Array(MAX_NODES);

/** The nodes in which the walk in hand stands, by order; 0 where none is known. One list for all, because learning never nests. */
const contexts = new Int32Array(ORDER + 2);

function learnPath(
  baseline: Baseline,
  progress: LearningProgress,
  path: SessionPath,
  day: number,
  unit: number,
): void {
  const { graph } = baseline;
  progress.sessions++;
  walks[0]!++;
  // Where a workflow is declared its own graph knows the long contexts; the agent's needs what they have in common.
  const longest = progress.workflow === 0 && path.workflow > 0 ? 1 : ORDER;
  contexts.fill(0);
  contexts[0] = progress.root;
  contexts[1] = child(graph, progress.root, START) || addChild(graph, progress.root, START);
  const { symbols, symbolsAt, steps } = path;
  for (let at = symbolsAt; at < symbolsAt + steps; at++)
    step(baseline, progress, symbols[at]!, longest, day, unit);
}

/**
 * One step, longest context first. A use is counted at the longest context and, as long as the edge was new there,
 * at the next shorter one: the counts of modified Kneser-Ney smoothing.
 */
function step(
  baseline: Baseline,
  progress: LearningProgress,
  symbol: number,
  longest: number,
  day: number,
  unit: number,
): void {
  const { graph } = baseline;
  let counting = true;
  for (let order = longest; order >= 0; order--) {
    const context = contexts[order]!;
    const node = context === 0 ? 0 : child(graph, context, symbol) || begin(baseline, context, order, symbol);
    contexts[order + 1] = node;
    if (node === 0) continue;
    if (counting) counting = countUse(graph, node);
    if (walks[node] === walks[0]) continue;
    walks[node] = walks[0]!;
    noteSession(graph, node, day, unit);
    if (order === 0 && tierOf(baseline.names, symbol) > 0) countOneOffs(progress, sessionsOf(graph, node));
  }
  contexts[0] = progress.root;
}

/**
 * A new edge. A context that only one session has seen is not gone into further: what follows it says nothing yet, and
 * most of the longer contexts of a young agent are of that kind.
 */
function begin(baseline: Baseline, context: number, order: number, symbol: number): number {
  if (order > 0 && sessionsOf(baseline.graph, context) < 2 && symbolOf(baseline.graph, context) !== START)
    return 0;
  const node = addChild(baseline.graph, context, symbol);
  if (node === 0) baseline.capped++;
  return node;
}

function countOneOffs(progress: LearningProgress, sessions: number): void {
  if (sessions === 1) progress.sensitiveOnce++;
  else if (sessions === 2) progress.sensitiveOnce--;
}
