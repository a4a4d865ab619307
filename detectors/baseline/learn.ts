/** Learning from a session that has ended without a finding, and the turn of an epoch. */
import { type Baseline, type Path, type Progress, progressOf, VALUE_WIDTH } from "./baseline.ts";
import { addChild, child, countUse, noteSession, ORDER, parentOf, sessionsOf, symbolOf, witnessesOf } from "./graph.ts";
import { MOST_WAITED, type Rules, type Stage, turnGraph, turnTargets, witnessesNeeded } from "./life-cycle.ts";
import { START, tierOf } from "./names.ts";
import * as values from "./targets.ts";

export interface LearningSettings extends Rules {
  /** Sessions after which a workflow may leave learning. */
  readonly minSessions: number;
  /** Largest share of sessions with a one-off sensitive operation at which it may leave learning. */
  readonly maxNovelty: number;
}

/** Marks of the nodes that the session in hand has used already; one for all agents, because calls never nest. */
let marks = new Int32Array(1024);
let mark = 0;

/** Learns from a whole session. `day` is days since 2000, at most 65,535. */
export function learn(b: Baseline, path: Path, day: number, settings: LearningSettings): void {
  const agent = progressOf(b, 0);
  const workflow = path.workflow > 0 ? progressOf(b, path.workflow) : undefined;
  for (const progress of [agent, workflow]) if (progress !== undefined) learnPath(b, progress, path, day);
  learnValues(b, path, day, unitNumber(agent, path.unit));
  for (const progress of [workflow, agent]) {
    if (progress?.mode === "learning" && isReady(b, progress, settings)) leaveLearning(b, progress, settings);
  }
}

const NO_WITNESS = 0;

/** Trust units are numbered from 1 in the order in which an agent or workflow met them; the last number is shared. */
function unitNumber(progress: Progress | undefined, unit: number): number {
  if (progress === undefined) return 1;
  // Whoever names no unit is no witness, unless nobody ever names one.
  if (unit === 0 && progress.units.some((known) => known !== 0)) return NO_WITNESS;
  const at = progress.units.indexOf(unit);
  if (at >= 0) return at + 1;
  if (progress.units.length < 255) progress.units.push(unit);
  return progress.units.length;
}

function learnPath(b: Baseline, progress: Progress, path: Path, day: number): void {
  const g = b.graph;
  const unit = unitNumber(progress, path.unit);
  progress.sessions++;
  mark++;
  const contexts = [progress.root, child(g, progress.root, START) || addChild(g, progress.root, START), 0, 0];
  // Where a workflow is declared its own graph knows the long contexts; the agent's needs what they have in common.
  const order = progress.workflow === 0 && path.workflow > 0 ? 1 : ORDER;
  for (let at = 0; at < path.steps; at++) step(b, progress, contexts, order, path.symbols[at]!, day, unit);
}

/**
 * One step, longest context first. A use is counted at the longest context and, as long as the edge was new there,
 * at the next shorter one: the counts of modified Kneser-Ney smoothing.
 */
function step(b: Baseline, progress: Progress, contexts: number[], longest: number, symbol: number, day: number, unit: number): void {
  const g = b.graph;
  let counting = true;
  for (let order = longest; order >= 0; order--) {
    const context = contexts[order]!;
    const node = context === 0 ? 0 : child(g, context, symbol) || begin(b, context, order, symbol);
    if (order < longest) contexts[order + 1] = node;
    if (node === 0) continue;
    if (counting) counting = countUse(g, node);
    if (!firstInSession(node)) continue;
    noteSession(g, node, day, unit);
    if (order === 0 && tierOf(b.names, symbol) > 0) countOneOffs(progress, sessionsOf(g, node));
  }
}

/**
 * A new edge. A context that only one session has seen is not gone into further: what follows it says nothing yet, and
 * most of the longer contexts of a young agent are of that kind.
 */
function begin(b: Baseline, context: number, order: number, symbol: number): number {
  if (order > 0 && sessionsOf(b.graph, context) < 2 && symbolOf(b.graph, context) !== START) return 0;
  const node = addChild(b.graph, context, symbol);
  if (node === 0) b.capped++;
  return node;
}

function countOneOffs(progress: Progress, sessions: number): void {
  if (sessions === 1) progress.sensitiveOnce++;
  else if (sessions === 2) progress.sensitiveOnce--;
}

function firstInSession(node: number): boolean {
  if (node >= marks.length) {
    const larger = new Int32Array(Math.max(marks.length * 2, node + 1));
    larger.set(marks);
    marks = larger;
  }
  if (marks[node] === mark) return false;
  marks[node] = mark;
  return true;
}

function learnValues(b: Baseline, p: Path, day: number, unit: number): void {
  const t = b.targets;
  const labels = new Uint8Array(p.labels.buffer, p.labels.byteOffset, p.labels.byteLength);
  for (let value = 0; value < p.valueCount; value++) {
    const at = value * VALUE_WIDTH;
    const [operation, field, low, high] = [p.values[at]!, p.values[at + 1]!, p.values[at + 2]!, p.values[at + 3]!];
    let slot = values.slotOf(t, operation, field);
    if (slot < 0) slot = values.addSlot(t, operation, field);
    if (slot < 0) b.capped++;
    else if (!values.isOpen(t, slot)) {
      const record = values.note(t, slot, low, high, day, unit, labels, p.values[at + 4]!, p.values[at + 5]!);
      if (record < 0) b.capped++;
      if (isFirstOfSlot(p, value)) values.draw(t, slot, record);
    }
  }
}

/** A session draws from a slot once, however many values it uses. */
function isFirstOfSlot(p: Path, value: number): boolean {
  const at = value * VALUE_WIDTH;
  for (let earlier = 0; earlier < at; earlier += VALUE_WIDTH) {
    if (p.values[earlier] === p.values[at] && p.values[earlier + 1] === p.values[at + 1]) return false;
  }
  return true;
}

/** Share of sessions with a sensitive operation that no other session has used (session-level Good-Turing). */
export const noveltyForecast = (progress: Progress) => (progress.sessions === 0 ? 1 : progress.sensitiveOnce / progress.sessions);

/** Most of an agent's sessions, as a share, that may belong to workflows still learning when the agent leaves learning. */
const MOST_UNSETTLED = 0.1;

/** Sessions from one look at whether learning is over to the next. */
const LOOK_EVERY = 4;

function isReady(b: Baseline, progress: Progress, settings: LearningSettings): boolean {
  const { sessions } = progress;
  // Looking costs a walk over the graph, so not every session is followed by a look.
  if (sessions < settings.minSessions || (sessions - settings.minSessions) % LOOK_EVERY !== 0) return false;
  // The agent as a whole knows no more than its workflows do: what they have yet to show is not new to it.
  if (progress.workflow === 0 && unsettledShare(b, progress) > MOST_UNSETTLED) return false;
  return Math.max(noveltyForecast(progress), unwitnessedShare(b, progress, settings)) <= settings.maxNovelty;
}

/** Share of sessions with a sensitive operation that too few trust units have used: it would not become baseline. */
export function unwitnessedShare(b: Baseline, progress: Progress, settings: LearningSettings): number {
  const { needed } = stageOf(progress, settings);
  let sessions = 0;
  for (let node = 1; node < b.graph.count; node++) {
    if (parentOf(b.graph, node) !== progress.root || tierOf(b.names, symbolOf(b.graph, node)) === 0) continue;
    const own = sessionsOf(b.graph, node);
    if (witnessesOf(b.graph, node) < needed && own < MOST_WAITED) sessions += own;
  }
  return sessions / Math.max(1, progress.sessions);
}

/** Share of the agent's sessions that belong to workflows which are still learning. */
export function unsettledShare(b: Baseline, agent: Progress): number {
  let sessions = 0;
  for (const progress of b.progress.values()) if (progress.workflow !== 0 && progress.mode === "learning") sessions += progress.sessions;
  return sessions / agent.sessions;
}

function stageOf(progress: Progress, settings: LearningSettings): Stage {
  return { learning: progress.mode === "learning", needed: witnessesNeeded(settings, progress.units.length) };
}

/** What learning has shown becomes the baseline, and the workflow is judged from now on. */
function leaveLearning(b: Baseline, progress: Progress, settings: LearningSettings): void {
  const stage = stageOf(progress, settings);
  const others: Stage = { learning: false, needed: Number.POSITIVE_INFINITY };
  turnGraph(b.graph, b.names, settings, (root) => (root === progress.root ? stage : others));
  if (progress.workflow === 0) turnTargets(b.targets, b.names, settings, stage);
  progress.mode = "shadow";
  b.version++;
}

/** The turn of an epoch: candidates become baseline by the rules, and counts are frozen for the next one. */
export function turnEpoch(b: Baseline, settings: LearningSettings): void {
  const stages = new Map<number, Stage>();
  for (const progress of b.progress.values()) stages.set(progress.root, settled(progress, settings));
  const unknown: Stage = { learning: false, needed: Number.POSITIVE_INFINITY };
  turnGraph(b.graph, b.names, settings, (root) => stages.get(root) ?? unknown);
  const agent = b.progress.get(0);
  // A slot has a learning of its own, and does not wait for the agent's.
  if (agent !== undefined) turnTargets(b.targets, b.names, settings, { ...stageOf(agent, settings), learning: false });
  b.version++;
}

/** While a workflow learns nothing is promoted; that happens at once when it has learned enough. */
function settled(progress: Progress, settings: LearningSettings): Stage {
  const stage = stageOf(progress, settings);
  return stage.learning ? { learning: false, needed: Number.POSITIVE_INFINITY } : stage;
}
