/** The sentences of findings that rest on scores: each term with its points, what was promised, and by how many sessions. */

import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Baseline } from "../baseline/baseline.ts";
import type { SessionPath } from "../baseline/path.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import { quote, units, workflowName } from "../baseline/wording.ts";
import { counted } from "../counted.ts";
import type { FindingDraft, Rows } from "../detector.ts";
import { versionName } from "../groups/peers.ts";
import { pValue, unitsOf } from "./conformal.ts";
import { type Guarantee, OWN } from "./guarantee.ts";
import type { DayThresholds } from "./limits.ts";
import { gainOf, sumWith } from "./run.ts";
import { partsOfScore } from "./score.ts";
import type { SessionEvidence } from "./session.ts";
import type { ScoringContext, Weights } from "./weights.ts";

/** A session whose score has just risen, with all that is said of it. */
export interface Said {
  readonly guarantee: Guarantee;
  readonly today: DayThresholds;
  /** Scores above it are told, in thousandths of a point. */
  readonly threshold: number;
  readonly shown: SessionEvidence;
  /** The score, in thousandths of a point. */
  readonly points: number;
  readonly rows: Rows<Baseline, SessionPath>;
  readonly event: EventView;
  readonly weights: Weights;
  readonly context: ScoringContext;
  readonly settings: BaselineSettings;
}

/** A session whose score is above the threshold. */
export function tellSession(said: Said): FindingDraft {
  const { today, threshold, shown, event, settings } = said;
  const [rate, limit] = [today.rates[event.tier]!, threshold / 1000];
  const terms = partsOf(said).map(({ name, points }) => `${name} ${signed(points)}`);
  return {
    kind: "unlikely-session",
    summary: `With ${quote(operationOf(event))} its session scores ${signed(shown.score)} points, above ${signed(limit)}: ${terms.join(", ")}.`,
    expected: `At most ${share(rate)} of clean sessions score above ${signed(limit)}, by ${calibrationOf(said)}.`,
    rarity: `p-value ${short(pOf(said))}; promised ${share(rate)} of sessions, and ${settings.falseAlertsPerAgentDay} expected false alerts a day of this agent in all`,
    peerVersion: versionOf(said),
    evidence: { ...evidenceOf(said), threshold: limit, promisedRate: short(rate) },
  };
}

/** Sessions that are each a little unlikely, and together too much; this one is the last. */
export function tellRun(said: Said): FindingDraft {
  const { guarantee, today, rows } = said;
  const { sessions, names } = guarantee.run;
  const sum = sumWith(guarantee.run, gainOf(pOf(said)));
  return {
    kind: "unlikely-run-of-sessions",
    summary: `${sessions + 1} sessions, each a little unlikely and none above its threshold, add up to ${sum.toFixed(2)}, above ${today.runAlertsAt.toFixed(2)}.`,
    expected: `Clean sessions add up to so much once in ${today.runLength} of them or less often, by ${calibrationOf(said)}.`,
    rarity: `p-value of the last one ${short(pOf(said))}; the others are in \`evidence.sessions\``,
    peerVersion: versionOf(said),
    evidence: { ...evidenceOf(said), sum: short(sum), sessions: [...names, rows.session.name] },
  };
}

function evidenceOf(said: Said) {
  const { guarantee, shown, rows, event, weights, context, settings } = said;
  return {
    operation: operationOf(event),
    tier: event.tier,
    workflow: workflowName(rows.own.agent, rows.own.session),
    score: Number(shown.score.toFixed(2)),
    terms: partsOf(said).map(({ name, points, means }) => `${name} ${signed(points)}: ${means}`),
    bias: weights.bias,
    weights: `${context}, version ${guarantee.weights}`,
    pValue: short(pOf(said)),
    calibrationSessions: guarantee.ranked.length,
    calibrationTrustUnits: unitsOf(guarantee.ranked),
    falseAlertsPerAgentDay: settings.falseAlertsPerAgentDay,
    trustUnit: event.text(TEXT.trustUnit),
  };
}

/** What would be shown as 0.00 is left out. */
const partsOf = ({ weights, shown }: Said) =>
  partsOfScore(weights, shown.terms).filter(({ points }) => Math.abs(points) >= 0.005);
const pOf = ({ guarantee, points }: Said) => pValue(guarantee.ranked, points);
const operationOf = (event: EventView) => `${event.text(TEXT.service)} ${event.text(TEXT.operation)}`;

function calibrationOf({ guarantee: { ranked, basis }, rows }: Said): string {
  const version = rows.own.agent.memory?.peers.version;
  if (basis === OWN || version === undefined)
    return `${counted(ranked.length, "earlier session")} of this agent from ${units(unitsOf(ranked))}`;
  const whose = `${version.agents} agents of ${version.group === "" ? "its tenant" : `the group ${version.group}`}`;
  return `${counted(ranked.length, "earlier session")} of ${whose}, from ${units(unitsOf(ranked))}; this agent's own are too few, and all lower`;
}

function versionOf({ rows }: Said): string | undefined {
  const { memory } = rows.own.agent;
  return memory && versionName(memory.peers);
}

const short = (value: number) => Number(value.toPrecision(3));
const signed = (points: number) => `${points < 0 ? "" : "+"}${points.toFixed(2)}`;
const share = (rate: number) => `${short(rate * 100)} %`;
