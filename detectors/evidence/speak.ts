/** When the score of a session makes a finding. */
import type { EventView } from "../../schemas/event-view.ts";
import type { Baseline } from "../baseline/baseline.ts";
import type { Path } from "../baseline/path.ts";
import type { Settings } from "../baseline/settings.ts";
import type { Draft, Out, Rows } from "../detector.ts";
import { pValue } from "./conformal.ts";
import { type Guarantee, limitsToday, OWN } from "./guarantee.ts";
import { BUDGET, JUDGED } from "./ledger.ts";
import type { Limits } from "./limits.ts";
import { lowestToTell } from "./peers.ts";
import { gainOf, restartRun, sumWith } from "./run.ts";
import { thousandths } from "./score.ts";
import type { Shown } from "./session.ts";
import { type Said, tellRun, tellSession } from "./tell.ts";
import type { Context, WeightTable } from "./weights.ts";

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
  if (s.told || (s.standing !== JUDGED && s.standing !== BUDGET)) return;
  const limits = limitsToday(g, settings.falseAlertsPerAgentDay);
  const threshold = Math.max(limits.thresholds[event.tier]!, lowestToTell(m));
  const isAbove = points > threshold;
  if (!isAbove && !mayAddUp(g, s, limits)) return;
  const said = {
    g,
    limits,
    threshold,
    s,
    points,
    rows,
    event,
    weights: table.contexts[context],
    context,
    settings,
  };
  if (isAbove) tell(said, tellSession(said), out);
  else if (sumWith(g.run, gainOf(pValue(g.ranked, points))) >= limits.runAlertsAt) {
    tell(said, tellRun(said), out);
    restartRun(g.run);
  }
}

/** Whether sessions can add up to too much with this one: cheap, and hardly ever so. */
const mayAddUp = ({ run, basis }: Guarantee, { standing }: Shown, { largestGain, runAlertsAt }: Limits) =>
  basis === OWN && standing === JUDGED && sumWith(run, largestGain) >= runAlertsAt;

/** Once a session: it is told, or held back. */
function tell({ g: { ledger }, s }: Said, draft: Draft, out: Out): void {
  s.told = true;
  if (s.standing === BUDGET) ledger.heldBack++;
  else {
    ledger.told++;
    out.finding(draft);
  }
}
