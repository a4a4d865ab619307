/** What scores promise of an agent's false alerts, in readable form: how sessions stand, and what to change if many are not judged. */
import type { Baseline } from "../baseline/baseline.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import { percent } from "../baseline/wording.ts";
import { versionName } from "../groups/peers.ts";
import { isOfOne, NEVER, pointsOf, unitsOf } from "./conformal.ts";
import { BUDGET, CALIBRATION, JUDGED, LEARNING, unjudgedShare } from "./day-sessions.ts";
import { type Guarantee, PEERS, thresholdsToday } from "./guarantee.ts";
import { type DayThresholds, HIGHEST_RATE, isCalibrated } from "./limits.ts";
import type { AgentEvidence } from "./memory.ts";

/** Share of sessions without a judgement from which on the view says what to change. */
const TOO_MANY = 0.2;

/** Scores of an agent; only why there are none if they are switched off. */
export function scoresView({ memory }: Baseline, settings: BaselineSettings) {
  if (memory === undefined) return { state: "off", reason: "detectors.out-of-graph.evidence is off" };
  const { guarantee, peers } = memory;
  const today = thresholdsToday(guarantee, settings.falseAlertsPerAgentDay);
  return {
    ...stateOf(memory),
    peers: { group: peers.group || "(none told)", judgedBy: versionName(peers) ?? "none" },
    budget: budgetView(guarantee, today, settings),
    calibration: calibrationView(guarantee),
    sessions: sessionsView(guarantee),
    run: {
      sum: round(guarantee.run.sum),
      toldAt: round(today.runAlertsAt),
      sessions: guarantee.run.sessions,
    },
  };
}

function stateOf({ guarantee: { ranked, reservoir, basis }, peers, isLearning }: AgentEvidence) {
  if (basis === PEERS)
    return { state: "peers", reason: `too few scores of its own: judged by those of ${versionName(peers)}` };
  if (isLearning) return { state: "learning", reason: "not enough history: the agent is learning" };
  if (isCalibrated(ranked)) return { state: "calibrated", reason: "sessions are judged within the budget" };
  const reason = isCalibrated(reservoir.scores.subarray(0, reservoir.count))
    ? "sessions are judged from the next day on"
    : `not enough history: ${reservoir.count} scores are too few to promise ${percent(HIGHEST_RATE)}`;
  return { state: "not calibrated", reason };
}

function budgetView({ day }: Guarantee, today: DayThresholds, { falseAlertsPerAgentDay }: BaselineSettings) {
  return {
    falseAlertsPerAgentDay,
    spentToday: round(day.judged * today.cost),
    sessionsExpectedToday: round(day.expected),
    sessionsThatCanBeJudged: today.sessions,
    toldToday: day.told,
    heldBack: day.heldBack,
    byTier: [...today.rates].map((rate, tier) => ({
      tier,
      promisedRate: round(rate),
      threshold: thresholdOf(today, tier),
    })),
  };
}

const thresholdOf = ({ thresholds }: DayThresholds, tier: number) =>
  thresholds[tier] === NEVER ? "none" : (thresholds[tier] ?? NEVER) / 1000;

function calibrationView({ ranked, reservoir, weights }: Guarantee) {
  return {
    scores: ranked.length,
    highest: ranked.length === 0 ? "none" : pointsOf(ranked[0] ?? 0) / 1000,
    trustUnits: unitsOf(ranked),
    robust: isOfOne(ranked)
      ? "no: no trust unit can be left out, so one that is compromised could hide among the scores"
      : "yes: no single trust unit can raise a threshold",
    scoresForTomorrow: reservoir.count,
    weights,
  };
}

function sessionsView({ day }: Guarantee) {
  const { standings } = day;
  const unjudged = unjudgedShare(day);
  return {
    judged: standings[JUDGED] ?? 0,
    learning: standings[LEARNING] ?? 0,
    notCalibrated: standings[CALIBRATION] ?? 0,
    beyondBudget: standings[BUDGET] ?? 0,
    unjudgedShare: round(unjudged),
    change: unjudged > TOO_MANY ? changeOf(standings) : "nothing",
  };
}

/** What to change, by why most of the sessions were not judged. */
function changeOf(standings: readonly number[]): string {
  const most = Math.max(standings[LEARNING]!, standings[CALIBRATION]!, standings[BUDGET]!);
  if (most === standings[BUDGET])
    return "raise falseAlertsPerAgentDay, or spread the agent's sessions over several trust units";
  if (most === standings[CALIBRATION])
    return "wait, name its peer group (agent.group), or replay more history of this agent: thresholds need earlier sessions after learning, from more than one trust unit if there are several";
  return "declare workflows whose sessions are alike, replay more history, raise maxNovelty, or have the owner sign what they are (`offgraph contract draft`): too much in these sessions is new";
}

const round = (value: number) => Number(value.toFixed(4));
