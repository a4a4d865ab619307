/** How a session stands when it begins, and what it teaches about the scores of others when it has ended. */
import type { Baseline, LearningProgress } from "../baseline/baseline.ts";
import type { SessionPath } from "../baseline/path.ts";
import { noveltyForecast } from "../baseline/readiness.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import { type Out, STANDINGS } from "../detector.ts";
import { keepOwn } from "../groups/peers.ts";
import type { SessionRow } from "../rows.ts";
import { isOfOne, MAX_UNITS, pointsOf, pValue } from "./conformal.ts";
import { enter, JUDGED, LEARNING } from "./day-sessions.ts";
import { type Guarantee, OWN, thresholdsToday } from "./guarantee.ts";
import type { AgentEvidence } from "./memory.ts";
import { addScore, removeScore } from "./reservoir.ts";
import { addSession, gainOf } from "./run.ts";
import type { SessionEvidence } from "./session.ts";

/** Sessions that an agent has taught before it is judged by the scores of its peers. */
const YOUNGEST = 5;

/** Says how a session stands, before its first call is scored. */
export function decideStanding(
  baseline: Baseline,
  path: SessionPath,
  memory: AgentEvidence,
  shown: SessionEvidence,
  settings: BaselineSettings,
  out: Out,
): void {
  const { guarantee } = memory;
  const today = thresholdsToday(guarantee, settings.falseAlertsPerAgentDay);
  shown.standing = enter(
    guarantee.day,
    isTooNew(baseline, path, memory, settings),
    today,
    unitIn(baseline, path),
  );
  out.stands(STANDINGS[shown.standing]!);
}

/** Whether it is too early to judge the session: while the agent learns, unless the scores of its peers speak. */
function isTooNew(
  baseline: Baseline,
  path: SessionPath,
  memory: AgentEvidence,
  settings: BaselineSettings,
): boolean {
  if (!memory.isLearning) return isNew(baseline, path, settings);
  return memory.guarantee.basis === OWN || !isOfAge(baseline);
}

/** Before the first midnight nothing is frozen that a session could be compared with. */
const isOfAge = ({ version, progress }: Baseline) =>
  version > 0 && (progress.get(0)?.sessions ?? 0) >= YOUNGEST;

/** Whether too much is still new to the workflow; one that turned up late may not hide behind its own learning. */
function isNew(baseline: Baseline, path: SessionPath, settings: BaselineSettings): boolean {
  const agent = baseline.progress.get(0);
  const workflow = path.workflow > 0 ? baseline.progress.get(path.workflow) : undefined;
  const scope = workflow === undefined || (isLearning(workflow) && workflow.isLate) ? agent : workflow;
  return scope === undefined || isLearning(scope) || noveltyForecast(scope) > settings.maxNovelty;
}

const isLearning = ({ mode }: LearningProgress) => mode === "learning";

/** The number of the session's trust unit; 0 for all that have taught nothing, and for those that are not named. */
function unitIn({ progress }: Baseline, { unit }: SessionPath): number {
  const number = (progress.get(0)?.units.indexOf(unit) ?? -1) + 1;
  return Math.min(number, MAX_UNITS - 1);
}

/** A session has ended: its score, as long as nothing else was found in it, calibrates those of the days to come. */
export function calibrate(baseline: Baseline, path: SessionPath, session: SessionRow): void {
  const { memory } = baseline;
  const { shown } = path;
  if (memory === undefined || shown === undefined || shown.steps === 0) return;
  const { guarantee } = memory;
  if (!shown.told && isOfAge(baseline)) keepOwn(memory.peers, shown.points);
  if (memory.isLearning || shown.standing === LEARNING) return;
  addScore(guarantee.reservoir, known(guarantee, shown), unitIn(baseline, path));
  if (shown.standing === JUDGED && guarantee.basis === OWN && !session.flagged)
    addSession(guarantee.run, gainOf(pValue(guarantee.ranked, shown.points)), session.name);
}

/**
 * A score that was told of stays among the others, or thresholds would sink from day to day. Where no trust unit can be
 * left out it counts no higher than what was known, so that an attack that is repeated does not raise them.
 */
const known = ({ ranked }: Guarantee, { points, told }: SessionEvidence) =>
  told && ranked.length > 0 && isOfOne(ranked) ? Math.min(points, pointsOf(ranked[0]!)) : points;

/** A person has said that a session was an attack: its score is no longer among the others. */
export function forgetScore(baseline: Baseline, path: SessionPath): void {
  const { memory } = baseline;
  const { shown } = path;
  if (memory === undefined || shown === undefined) return;
  removeScore(memory.guarantee.reservoir, known(memory.guarantee, shown), unitIn(baseline, path));
}
