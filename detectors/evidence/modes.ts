/** How far a workflow, or the agent as a whole, has come: shadow until its scores may speak, enforcing from then on. */

import type { Baseline, LearningProgress } from "../baseline/baseline.ts";
import { noveltyForecast } from "../baseline/readiness.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import { percent } from "../baseline/wording.ts";
import { counted } from "../counted.ts";
import { HIGHEST_RATE, isCalibrated } from "./limits.ts";

/** The turn of a day: what has left learning speaks by its scores if they are calibrated and little is new in it. */
export function turnModes({ memory, progress }: Baseline, settings: BaselineSettings): void {
  if (memory === undefined) return;
  const ready = isCalibrated(memory.guarantee.ranked);
  for (const one of progress.values())
    if (one.mode === "shadow" || one.mode === "enforcing")
      one.mode = ready && isQuiet(one, settings) ? "enforcing" : "shadow";
}

const isQuiet = (progress: LearningProgress, { maxNovelty }: BaselineSettings) =>
  noveltyForecast(progress) <= maxNovelty;

/** Scores were switched off. */
export function silenceScores({ progress }: Baseline): void {
  for (const one of progress.values()) if (one.mode === "enforcing") one.mode = "shadow";
}

/** Why something that has left learning is in its mode, in a sentence. */
export function modeReason(
  { memory }: Baseline,
  progress: LearningProgress,
  settings: BaselineSettings,
): string {
  if (progress.mode === "frozen") return "learning was ended: nothing more is learned";
  if (memory === undefined)
    return "named facts speak; scores are switched off (detectors.out-of-graph.evidence)";
  if (progress.mode === "enforcing")
    return "named facts speak, and scores above what clean sessions reach, within the budget of false alerts";
  if (!isQuiet(progress, settings))
    return `named facts speak; scores wait because too much is new: forecast ${percent(noveltyForecast(progress))} of sessions, ${percent(settings.maxNovelty)} allowed`;
  const { ranked, reservoir } = memory.guarantee;
  if (isCalibrated(ranked)) return "named facts speak; scores speak from the next day on";
  return `named facts speak; scores wait for calibration: scores of ${counted(reservoir.count, "session")} are known, too few to promise ${percent(HIGHEST_RATE)} of false alerts apart from each trust unit`;
}
