/** The baseline of an agent in readable form: for people, for comparing, for the API. */
import { modeReason } from "../evidence/modes.ts";
import { scoresView } from "../evidence/view.ts";
import type { Baseline, Progress } from "./baseline.ts";
import { contractsView, pinnedBy } from "./contracts/view-contracts.ts";
import { decidedView } from "./decisions/view-decided.ts";
import {
  BASELINE,
  CANDIDATE,
  childrenOf,
  countOf,
  DENIED,
  PINNED,
  sessionsOf,
  stateOf,
  symbolOf,
  witnessesOf,
} from "./graph/graph.ts";
import { START, tierOf } from "./names.ts";
import { noveltyForecast, stageOf, unsettledShare, unwitnessedShare } from "./readiness.ts";
import type { Settings } from "./settings.ts";
import * as slots from "./values/slots.ts";
import type { Targets } from "./values/targets.ts";
import * as values from "./values/values.ts";
import { buildsView } from "./versions/view-builds.ts";
import { withoutWorkflowView } from "./without-workflow.ts";
import { nameOf } from "./wording.ts";

const STATES: Readonly<Record<number, string>> = {
  [CANDIDATE]: "candidate",
  [BASELINE]: "baseline",
  [PINNED]: "pinned",
  [DENIED]: "denied",
};

const stateName = (b: Baseline, node: number) => STATES[stateOf(b.graph, node)] ?? "candidate";

/** All of it but what only the hot path needs. */
export function baselineView(b: Baseline, settings: Settings) {
  const agent = b.progress.get(0);
  const workflows = [...b.progress.values()].filter((progress) => progress.workflow !== 0);
  return {
    version: b.version,
    agent: agent === undefined ? undefined : progressView(b, agent, settings),
    workflows: workflows.map((progress) => progressView(b, progress, settings)),
    targets: allSlots(b.targets)
      .map((slot) => slotView(b, slot))
      .sort(byName),
    versions: buildsView(b),
    contracts: contractsView(b),
    withoutWorkflow: withoutWorkflowView(b),
    scores: scoresView(b, settings),
    ...decidedView(b, settings),
    notLearnedForCaps: b.capped,
  };
}

function progressView(b: Baseline, progress: Progress, settings: Settings) {
  const operations = childrenOf(b.graph, progress.root).filter((node) => symbolOf(b.graph, node) !== START);
  return {
    workflow: progress.workflow === 0 ? undefined : nameOf(b, progress.workflow),
    mode: progress.mode,
    reason: reason(b, progress, settings),
    alertsOn: alertsOn(progress),
    sessions: progress.sessions,
    withheldSessions: progress.withheld,
    trustUnits: progress.units.map((unit) => (unit === 0 ? "(none given)" : nameOf(b, unit))),
    witnessesNeeded: stageOf(progress, settings).needed,
    noveltyForecast: Number(noveltyForecast(progress).toFixed(4)),
    operations: operations.map((node) => edgeView(b, progress, node)),
    transitions: operations.flatMap((node) => transitionsFrom(b, progress, node)).slice(0, 200),
  };
}

function edgeView(b: Baseline, progress: Progress, node: number) {
  const symbol = symbolOf(b.graph, node);
  return {
    operation: nameOf(b, symbol),
    tier: tierOf(b.names, symbol),
    state: stateName(b, node),
    ...pinnedBy(b, progress, symbol),
    sessions: sessionsOf(b.graph, node),
    witnesses: witnessesOf(b.graph, node),
    count: countOf(b.graph, node),
  };
}

function transitionsFrom(b: Baseline, progress: Progress, operation: number) {
  return childrenOf(b.graph, operation).map((node) => ({
    from: nameOf(b, symbolOf(b.graph, operation)),
    to: nameOf(b, symbolOf(b.graph, node)),
    state: stateName(b, node),
    sessions: sessionsOf(b.graph, node),
    ofWorkflow: progress.workflow !== 0,
  }));
}

/** Why the mode is what it is, in a sentence. */
function reason(b: Baseline, progress: Progress, settings: Settings): string {
  if (progress.mode !== "learning") return modeReason(b, progress, settings);
  const { sessions } = progress;
  if (sessions < settings.minSessions)
    return `not enough history: ${sessions} of ${settings.minSessions} sessions`;
  if (noveltyForecast(progress) > settings.maxNovelty)
    return `still finding new sensitive operations: forecast ${(noveltyForecast(progress) * 100).toFixed(1)} % of sessions, ${settings.maxNovelty * 100} % allowed`;
  const unwitnessed = unwitnessedShare(b, progress, settings);
  if (unwitnessed > settings.maxNovelty)
    return `${(unwitnessed * 100).toFixed(1)} % of sessions used a sensitive operation that too few trust units have used, ${settings.maxNovelty * 100} % allowed`;
  return `${Math.round(unsettledShare(b, progress) * 100)} % of sessions belong to workflows that are still learning`;
}

/** What would make a finding, in the order of weight. */
function alertsOn(progress: Progress): string[] {
  const always = ["broken token rules", "identifiers not listed in a closed slot of a sensitive operation"];
  const scored =
    progress.mode === "enforcing" ? ["sessions whose score is above the threshold of its tier"] : [];
  if (progress.mode !== "learning")
    return [...always, "sensitive operations not listed here as baseline", ...scored];
  return progress.isLate ? [...always, "sensitive operations that the whole agent never used"] : always;
}

function allSlots(t: Targets): number[] {
  const found: number[] = [];
  for (let slot = slots.first(t); slot >= 0; slot = slots.after(t, slot)) found.push(slot);
  return found;
}

function allValues(t: Targets): number[] {
  const found: number[] = [];
  for (let record = values.first(t); record >= 0; record = values.after(t, record)) found.push(record);
  return found;
}

/** Most values of a slot that are shown. */
const SHOWN_VALUES = 50;

const byName = (one: { operation: string; field: string }, other: { operation: string; field: string }) =>
  `${one.operation} ${one.field}` < `${other.operation} ${other.field}` ? -1 : 1;

function slotView(b: Baseline, slot: number) {
  const t = b.targets;
  const records = allValues(t).filter((record) => values.slotOfValue(t, record) === slot);
  return {
    operation: nameOf(b, slots.operationOf(t, slot)),
    field: nameOf(b, slots.fieldOf(t, slot)),
    draws: slots.drawsOf(t, slot),
    noveltyProbability: Number(slots.novelty(t, slot).toFixed(4)),
    openness: openness(t, slot),
    values: records
      .map((record) => valueView(t, record))
      .sort((x, y) => y.sessions - x.sessions || (x.value < y.value ? -1 : 1))
      .slice(0, SHOWN_VALUES),
  };
}

function openness(t: Targets, slot: number): "open" | "closed" | "undecided" {
  if (slots.isOpen(t, slot)) return "open";
  return slots.isClosed(t, slot) && slots.isSettled(t, slot) ? "closed" : "undecided";
}

function valueView(t: Targets, record: number) {
  return {
    value: values.labelOf(t, record),
    sessions: values.sessionsOf(t, record),
    witnesses: values.witnessesOf(t, record),
    state: values.isKnown(t, record) ? "baseline" : "candidate",
  };
}
