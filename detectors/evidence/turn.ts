/** When the evidence learns, and when what it has learned becomes known: each does nothing unless it is switched on. */
import type { Baseline, LearningProgress } from "../baseline/baseline.ts";
import { unitNumber } from "../baseline/learn.ts";
import type { SessionPath } from "../baseline/path.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import { turnGuarantee } from "./guarantee.ts";
import { learnEvidence } from "./learn.ts";
import { promote } from "./memory.ts";
import { turnModes } from "./modes.ts";
import { LAST_UNIT, MAX_UNITS } from "./records.ts";

/** Witnesses that a value needs to be remembered as known: never more than there are trust units, or are told apart. */
const witnessesToRemember = ({ units }: LearningProgress, { witnesses }: BaselineSettings) =>
  Math.max(1, Math.min(units.length, witnesses, MAX_UNITS));

/** Sessions before it may be said that an agent has no second trust unit. */
const MIN_SESSIONS = 5;

/** Learns from a session that has ended without a finding, on a day. To be called before its path is learned. */
export function learn(
  { memory, progress }: Baseline,
  path: SessionPath,
  day: number,
  settings: BaselineSettings,
): void {
  const agent = progress.get(0);
  if (memory === undefined || path.shown === undefined || agent === undefined) return;
  learnEvidence(memory, path.shown, {
    workflow: path.workflow,
    unit: Math.min(LAST_UNIT, unitNumber(agent, path.unit)),
    needed: agent.sessions < MIN_SESSIONS ? settings.witnesses : witnessesToRemember(agent, settings),
    day,
    workflowIsLearning: progress.get(path.workflow)?.mode === "learning",
  });
}

/** A session has ended. What witnesses have shown becomes known if something has left learning by it. */
export function end(
  { memory, progress }: Baseline,
  hasLeftLearning: boolean,
  settings: BaselineSettings,
): void {
  const agent = progress.get(0);
  if (memory === undefined || !memory.isLearning || agent === undefined) return;
  // The evidence may have been switched on later.
  const isOver = agent.mode !== "learning" && memory.sessions >= settings.minSessions;
  if (!isOver && !hasLeftLearning) return;
  promote(memory, {
    needed: witnessesToRemember(agent, settings),
    learning: true,
    sessions: settings.sessions,
  });
  memory.isLearning = !isOver;
}

/** The turn of an epoch: what has proved itself becomes known, and thresholds are made for the next one. */
export function endEpoch(baseline: Baseline, settings: BaselineSettings): void {
  const { memory, progress } = baseline;
  const agent = progress.get(0);
  if (memory === undefined || agent === undefined) return;
  if (!memory.isLearning)
    promote(memory, {
      needed: witnessesToRemember(agent, settings),
      learning: false,
      sessions: settings.sessions,
    });
  turnGuarantee(memory.guarantee);
  turnModes(baseline, settings);
}

/** Learning is ended by decree: what witnesses have shown is known. */
export function settle({ memory, progress }: Baseline, settings: BaselineSettings): void {
  const agent = progress.get(0);
  if (memory === undefined || agent === undefined) return;
  const learning = memory.isLearning;
  promote(memory, { needed: witnessesToRemember(agent, settings), learning, sessions: settings.sessions });
  memory.isLearning = false;
  turnGuarantee(memory.guarantee);
}
