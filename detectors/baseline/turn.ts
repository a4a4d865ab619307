/** When candidates become baseline: at the end of learning, and then at the turn of every epoch. */
import type { Baseline, LearningProgress } from "./baseline.ts";
import { noteLearned } from "./contracts/contracts.ts";
import { type Stage, turnGraph, turnTargets } from "./life-cycle.ts";
import { isReady, stageOf } from "./readiness.ts";
import type { BaselineSettings } from "./settings.ts";

/** Promotes nothing. */
const NOTHING: Stage = { learning: false, needed: Number.POSITIVE_INFINITY };

/** What learning has shown becomes the baseline if it is over; the workflow is judged from then on. */
export function endLearningIfReady(
  baseline: Baseline,
  progress: LearningProgress,
  settings: BaselineSettings,
): void {
  if (progress.mode !== "learning" || !isReady(baseline, progress, settings)) return;
  const stage = stageOf(progress, settings);
  turnGraph(baseline.graph, baseline.names, settings, (root) => (root === progress.root ? stage : NOTHING));
  if (progress.workflow === 0) turnTargets(baseline.targets, baseline.names, settings, stage);
  noteLearned(baseline, progress, stage.needed);
  progress.mode = "shadow";
  baseline.version++;
}

/** The turn of an epoch: candidates become baseline by the rules, and counts are frozen for the next one. */
export function turnEpoch(baseline: Baseline, settings: BaselineSettings): void {
  const stages = new Map<number, Stage>();
  for (const progress of baseline.progress.values()) stages.set(progress.root, settled(progress, settings));
  turnGraph(baseline.graph, baseline.names, settings, (root) => stages.get(root) ?? NOTHING);
  const agent = baseline.progress.get(0);
  // A slot has a learning of its own, and does not wait for the agent's.
  if (agent !== undefined)
    turnTargets(baseline.targets, baseline.names, settings, { ...stageOf(agent, settings), learning: false });
  baseline.version++;
}

/** Ends all learning by decree: what it has shown, by however few sessions, is the baseline. */
export function settle(baseline: Baseline, settings: BaselineSettings): void {
  const stages = new Map([...baseline.progress.values()].map((one) => [one.root, stageOf(one, settings)]));
  turnGraph(baseline.graph, baseline.names, settings, (root) => stages.get(root) ?? NOTHING);
  const agent = baseline.progress.get(0);
  if (agent !== undefined) turnTargets(baseline.targets, baseline.names, settings, stageOf(agent, settings));
  for (const progress of baseline.progress.values()) if (progress.sessions > 0) progress.mode = "frozen";
  baseline.version++;
}

/** While a workflow learns nothing is promoted; that happens at once when it has learned enough. */
function settled(progress: LearningProgress, settings: BaselineSettings): Stage {
  const stage = stageOf(progress, settings);
  return stage.learning ? NOTHING : stage;
}
