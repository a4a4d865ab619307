/** When learning is over: a workflow has been used often enough, and hardly anything in it is still new or unconfirmed. */
import type { Baseline, LearningProgress } from "./baseline.ts";
import { isBaseline, parentOf, sessionsOf, symbolOf, witnessesOf } from "./graph/graph.ts";
import { MOST_WAITED, type Stage, witnessesNeeded } from "./life-cycle.ts";
import { tierOf } from "./names.ts";
import type { BaselineSettings } from "./settings.ts";

/** Share of sessions with a sensitive operation that no other session has used (session-level Good-Turing). */
export const noveltyForecast = (progress: LearningProgress) =>
  progress.sessions === 0 ? 1 : progress.sensitiveOnce / progress.sessions;

/** Most of an agent's sessions, as a share, that may belong to workflows still learning when the agent leaves learning. */
export const MOST_UNSETTLED = 0.1;

/** Sessions from one look at whether learning is over to the next. */
export const LOOK_EVERY = 4;

/** Whether a workflow, or the agent as a whole, may leave learning now. */
export function isReady(baseline: Baseline, progress: LearningProgress, settings: BaselineSettings): boolean {
  const { sessions } = progress;
  // Looking costs a walk over the graph, so not every session is followed by a look.
  if (sessions < settings.minSessions || (sessions - settings.minSessions) % LOOK_EVERY !== 0) return false;
  // The agent as a whole knows no more than its workflows do: what they have yet to show is not new to it.
  if (progress.workflow === 0 && unsettledShare(baseline, progress) > MOST_UNSETTLED) return false;
  return (
    Math.max(noveltyForecast(progress), unwitnessedShare(baseline, progress, settings)) <= settings.maxNovelty
  );
}

/** Share of sessions with a sensitive operation that too few trust units have used: it would not become baseline. */
export function unwitnessedShare(
  baseline: Baseline,
  progress: LearningProgress,
  settings: BaselineSettings,
): number {
  const { needed } = stageOf(progress, settings);
  let sessions = 0;
  for (let node = 1; node < baseline.graph.count; node++) {
    if (
      parentOf(baseline.graph, node) !== progress.root ||
      tierOf(baseline.names, symbolOf(baseline.graph, node)) === 0
    )
      continue;
    // A person has approved it.
    if (isBaseline(baseline.graph, node)) continue;
    const own = sessionsOf(baseline.graph, node);
    if (witnessesOf(baseline.graph, node) < needed && own < MOST_WAITED) sessions += own;
  }
  return sessions / Math.max(1, progress.sessions);
}

/** Share of the agent's sessions that belong to workflows which are still learning. */
export function unsettledShare(baseline: Baseline, agent: LearningProgress): number {
  let sessions = 0;
  for (const progress of baseline.progress.values())
    if (progress.workflow !== 0 && progress.mode === "learning") sessions += progress.sessions;
  return sessions / agent.sessions;
}

/** What promotion needs to know of a workflow. */
export function stageOf(progress: LearningProgress, settings: BaselineSettings): Stage {
  const learning = progress.mode === "learning";
  return { learning, needed: witnessesNeeded(settings, progress.units.length, learning) };
}
