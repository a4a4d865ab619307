/** How a session stands when it begins, and what it teaches about the scores of others when it has ended. */
import type { Baseline, Progress } from "../baseline/baseline.ts";
import type { Path } from "../baseline/path.ts";
import { noveltyForecast } from "../baseline/readiness.ts";
import type { Settings } from "../baseline/settings.ts";
import { type Out, STANDINGS } from "../detector.ts";
import { keepOwn } from "../groups/peers.ts";
import type { SessionRow } from "../rows.ts";
import { isOfOne, MAX_UNITS, pointsOf, pValue } from "./conformal.ts";
import { type Guarantee, limitsToday, OWN } from "./guarantee.ts";
import { enter, JUDGED, LEARNING } from "./ledger.ts";
import type { Memory } from "./memory.ts";
import { addScore, removeScore } from "./reservoir.ts";
import { addSession, gainOf } from "./run.ts";
import type { Shown } from "./session.ts";

/** Sessions that an agent has taught before it is judged by the scores of its peers. */
const YOUNGEST = 5;

/** Says how a session stands, before its first call is scored. */
export function stand(b: Baseline, p: Path, m: Memory, s: Shown, settings: Settings, out: Out): void {
  const { guarantee } = m;
  const limits = limitsToday(guarantee, settings.falseAlertsPerAgentDay);
  s.standing = enter(guarantee.ledger, isTooNew(b, p, m, settings), limits, unitIn(b, p));
  out.stands(STANDINGS[s.standing]!);
}

/** Whether it is too early to judge the session: while the agent learns, unless the scores of its peers speak. */
function isTooNew(b: Baseline, p: Path, m: Memory, settings: Settings): boolean {
  if (!m.isLearning) return isNew(b, p, settings);
  return m.guarantee.basis === OWN || !isOfAge(b);
}

/** Before the first midnight nothing is frozen that a session could be compared with. */
const isOfAge = ({ version, progress }: Baseline) =>
  version > 0 && (progress.get(0)?.sessions ?? 0) >= YOUNGEST;

/** Whether too much is still new to the workflow; one that turned up late may not hide behind its own learning. */
function isNew(b: Baseline, p: Path, settings: Settings): boolean {
  const agent = b.progress.get(0);
  const workflow = p.workflow > 0 ? b.progress.get(p.workflow) : undefined;
  const scope = workflow === undefined || (isLearning(workflow) && workflow.isLate) ? agent : workflow;
  return scope === undefined || isLearning(scope) || noveltyForecast(scope) > settings.maxNovelty;
}

const isLearning = ({ mode }: Progress) => mode === "learning";

/** The number of the session's trust unit; 0 for all that have taught nothing, and for those that are not named. */
function unitIn({ progress }: Baseline, { unit }: Path): number {
  const number = (progress.get(0)?.units.indexOf(unit) ?? -1) + 1;
  return Math.min(number, MAX_UNITS - 1);
}

/** A session has ended: its score, as long as nothing else was found in it, calibrates those of the days to come. */
export function calibrate(b: Baseline, p: Path, session: SessionRow): void {
  const { memory } = b;
  const { shown: s } = p;
  if (memory === undefined || s === undefined || s.steps === 0) return;
  const { guarantee: g } = memory;
  if (!s.told && isOfAge(b)) keepOwn(memory.peers, s.points);
  if (memory.isLearning || s.standing === LEARNING) return;
  addScore(g.reservoir, known(g, s), unitIn(b, p));
  if (s.standing === JUDGED && g.basis === OWN && !session.flagged)
    addSession(g.run, gainOf(pValue(g.ranked, s.points)), session.name);
}

/**
 * A score that was told of stays among the others, or thresholds would sink from day to day. Where no trust unit can be
 * left out it counts no higher than what was known, so that an attack that is repeated does not raise them.
 */
const known = ({ ranked }: Guarantee, { points, told }: Shown) =>
  told && ranked.length > 0 && isOfOne(ranked) ? Math.min(points, pointsOf(ranked[0]!)) : points;

/** A person has said that a session was an attack: its score is no longer among the others. */
export function forgetScore(b: Baseline, p: Path): void {
  const { memory } = b;
  const { shown: s } = p;
  if (memory === undefined || s === undefined) return;
  removeScore(memory.guarantee.reservoir, known(memory.guarantee, s), unitIn(b, p));
}
