/** When the score of a session makes a finding. */
import type { EventView } from "../../schemas/event-view.ts";
import type { Baseline } from "../baseline/baseline.ts";
import type { SessionPath } from "../baseline/path.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import type { FindingDraft, Out, Rows } from "../detector.ts";
import { pValue } from "./conformal.ts";
import { BUDGET, JUDGED } from "./day-sessions.ts";
import { type Guarantee, OWN, thresholdsToday } from "./guarantee.ts";
import type { DayThresholds } from "./limits.ts";
import { lowestToTell } from "./peers.ts";
import { gainOf, restartRun, sumWith } from "./run.ts";
import { thousandths } from "./score.ts";
import type { SessionEvidence } from "./session.ts";
import { type Said, tellRun, tellSession } from "./tell.ts";
import type { ScoringContext, WeightTable } from "./weights.ts";

/** The session's score has risen: tells if it is above the threshold, or if sessions add up to too much with it. */
export function speak(
  rows: Rows<Baseline, SessionPath>,
  event: EventView,
  table: WeightTable,
  context: ScoringContext,
  settings: BaselineSettings,
  out: Out,
): void {
  const { memory } = rows.own.agent;
  const { shown } = rows.own.session;
  if (memory === undefined || shown === undefined || (rows.session.flagged && !shown.told)) return;
  const { guarantee } = memory;
  const points = thousandths(shown.score);
  shown.points = points;
  if (shown.told || (shown.standing !== JUDGED && shown.standing !== BUDGET)) return;
  const today = thresholdsToday(guarantee, settings.falseAlertsPerAgentDay);
  const threshold = Math.max(today.thresholds[event.tier]!, lowestToTell(memory));
  const isAbove = points > threshold;
  if (!isAbove && !mayAddUp(guarantee, shown, today)) return;
  const said = {
    guarantee,
    today,
    threshold,
    shown,
    points,
    rows,
    event,
    weights: table.contexts[context],
    context,
    settings,
  };
  if (isAbove) tell(said, tellSession(said), out);
  else if (sumWith(guarantee.run, gainOf(pValue(guarantee.ranked, points))) >= today.runAlertsAt) {
    tell(said, tellRun(said), out);
    restartRun(guarantee.run);
  }
}

/** Whether sessions can add up to too much with this one: cheap, and hardly ever so. */
const mayAddUp = (
  { run, basis }: Guarantee,
  { standing }: SessionEvidence,
  { largestGain, runAlertsAt }: DayThresholds,
) => basis === OWN && standing === JUDGED && sumWith(run, largestGain) >= runAlertsAt;

/** Once a session: it is told, or held back. */
function tell({ guarantee: { day }, shown }: Said, draft: FindingDraft, out: Out): void {
  shown.told = true;
  if (shown.standing === BUDGET) day.heldBack++;
  else {
    day.told++;
    out.finding(draft);
  }
}
