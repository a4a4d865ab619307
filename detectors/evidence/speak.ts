/** When the score of a session makes a finding, and what it teaches about the scores of others. */

import type { EventView } from "../../schemas/event-view.ts";
import type { Baseline, Progress } from "../baseline/baseline.ts";
import type { Path } from "../baseline/path.ts";
import { noveltyForecast } from "../baseline/readiness.ts";
import type { Settings } from "../baseline/settings.ts";
import { type Draft, type Out, type Rows, STANDINGS } from "../detector.ts";
import type { SessionRow } from "../rows.ts";
import { isOfOne, MAX_UNITS, pointsOf, pValue } from "./conformal.ts";
import { type Guarantee, limitsToday, weighBy } from "./guarantee.ts";
import { BUDGET, enter, JUDGED, LEARNING } from "./ledger.ts";
import type { Limits } from "./limits.ts";
import type { Memory } from "./memory.ts";
import { addScore } from "./reservoir.ts";
import { addSession, gainOf, restartRun, sumWith } from "./run.ts";
import type { Shown } from "./session.ts";
import { type Said, tellRun, tellSession } from "./tell.ts";
import type { Context, WeightTable } from "./weights.ts";

/** Points of a score, in thousandths: as whole numbers they are compared and kept exactly. */
export const thousandths = (score: number) => Math.round(score * 1000);

/** Says how a session stands, before its first call is scored; `version` is that of the weights. */
export function stand(
  b: Baseline,
  p: Path,
  m: Memory,
  s: Shown,
  version: number,
  settings: Settings,
  out: Out,
): void {
  const { guarantee } = m;
  weighBy(guarantee, version);
  const limits = limitsToday(guarantee, settings.falseAlertsPerAgentDay);
  s.standing = enter(guarantee.ledger, m.isLearning || isNew(b, p, settings), limits, unitIn(b, p));
  out.stands(STANDINGS[s.standing]!);
}

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

/** The session's score has risen: tells if it is above the threshold, or if sessions add up to too much with it. */
export function speak(
  rows: Rows<Baseline, Path>,
  event: EventView,
  table: WeightTable,
  context: Context,
  settings: Settings,
  out: Out,
): void {
  const { memory: m } = rows.own.agent;
  const { shown: s } = rows.own.session;
  if (m === undefined || s === undefined || (rows.session.flagged && !s.told)) return;
  const { guarantee: g } = m;
  const points = thousandths(s.score);
  s.points = points;
  if (s.told) return;
  const limits = limitsToday(g, settings.falseAlertsPerAgentDay);
  const isAbove = points > limits.thresholds[event.tier]!;
  if (!isAbove && !mayAddUp(g, s, limits)) return;
  const said = { g, limits, s, points, rows, event, weights: table.contexts[context], context, settings };
  if (isAbove) tell(said, tellSession(said), out);
  else if (sumWith(g.run, gainOf(pValue(g.ranked, points))) >= limits.runAlertsAt) {
    tell(said, tellRun(said), out);
    restartRun(g.run);
  }
}

/** Whether sessions can add up to too much with this one: cheap, and hardly ever so. */
const mayAddUp = ({ run }: Guarantee, { standing }: Shown, { largestGain, runAlertsAt }: Limits) =>
  standing === JUDGED && sumWith(run, largestGain) >= runAlertsAt;

/** Once a session: then it has been told, or would have been. */
function tell({ g: { ledger }, s }: Said, draft: Draft, out: Out): void {
  s.told = true;
  if (s.standing === JUDGED) {
    ledger.told++;
    out.finding(draft);
  } else if (s.standing === BUDGET) ledger.heldBack++;
}

/** A session has ended: its score, as long as nothing else was found in it, calibrates those of the days to come. */
export function calibrate(b: Baseline, p: Path, session: SessionRow): void {
  const { memory } = b;
  const { shown: s } = p;
  if (memory === undefined || s === undefined || s.steps === 0 || s.standing === LEARNING) return;
  const { guarantee: g } = memory;
  addScore(g.reservoir, known(g, s), unitIn(b, p));
  if (s.standing === JUDGED && !session.flagged)
    addSession(g.run, gainOf(pValue(g.ranked, s.points)), session.name);
}

/**
 * A score that was told of stays among the others, or thresholds would sink from day to day. Where no trust unit can be
 * left out it counts no higher than what was known, so that an attack that is repeated does not raise them.
 */
const known = ({ ranked }: Guarantee, { points, told }: Shown) =>
  told && ranked.length > 0 && isOfOne(ranked) ? Math.min(points, pointsOf(ranked[0]!)) : points;
