/** The baseline of an agent in readable form: for people, for comparing, for the API. */
import { modeReason } from "../evidence/modes.ts";
import { scoresView } from "../evidence/view.ts";
import type { Baseline, LearningProgress } from "./baseline.ts";
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
import {
  LOOK_EVERY,
  MOST_UNSETTLED,
  noveltyForecast,
  stageOf,
  unsettledShare,
  unwitnessedShare,
} from "./readiness.ts";
import type { BaselineSettings } from "./settings.ts";
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

const stateName = (baseline: Baseline, node: number) => STATES[stateOf(baseline.graph, node)] ?? "candidate";

/** All of it but what only the hot path needs. */
export function baselineView(baseline: Baseline, settings: BaselineSettings) {
  const agent = baseline.progress.get(0);
  const workflows = [...baseline.progress.values()].filter((progress) => progress.workflow !== 0);
  return {
    version: baseline.version,
    agent: agent === undefined ? undefined : progressView(baseline, agent, settings),
    workflows: workflows.map((progress) => progressView(baseline, progress, settings)),
    targets: allSlots(baseline.targets)
      .map((slot) => slotView(baseline, slot))
      .sort(byName),
    versions: buildsView(baseline),
    contracts: contractsView(baseline),
    withoutWorkflow: withoutWorkflowView(baseline),
    scores: scoresView(baseline, settings),
    ...decidedView(baseline, settings),
    notLearnedForCaps: baseline.capped,
  };
}

function progressView(baseline: Baseline, progress: LearningProgress, settings: BaselineSettings) {
  const operations = childrenOf(baseline.graph, progress.root).filter(
    (node) => symbolOf(baseline.graph, node) !== START,
  );
  return {
    workflow: progress.workflow === 0 ? undefined : nameOf(baseline, progress.workflow),
    mode: progress.mode,
    reason: reason(baseline, progress, settings),
    alertsOn: alertsOn(baseline, progress),
    sessions: progress.sessions,
    withheldSessions: progress.withheld,
    trustUnits: progress.units.map((unit) => (unit === 0 ? "(none given)" : nameOf(baseline, unit))),
    witnessesNeeded: stageOf(progress, settings).needed,
    noveltyForecast: Number(noveltyForecast(progress).toFixed(4)),
    operations: operations.map((node) => edgeView(baseline, progress, node)),
    transitions: operations.flatMap((node) => transitionsFrom(baseline, progress, node)).slice(0, 200),
  };
}

function edgeView(baseline: Baseline, progress: LearningProgress, node: number) {
  const symbol = symbolOf(baseline.graph, node);
  return {
    operation: nameOf(baseline, symbol),
    tier: tierOf(baseline.names, symbol),
    state: stateName(baseline, node),
    ...pinnedBy(baseline, progress, symbol),
    sessions: sessionsOf(baseline.graph, node),
    witnesses: witnessesOf(baseline.graph, node),
    count: countOf(baseline.graph, node),
  };
}

function transitionsFrom(baseline: Baseline, progress: LearningProgress, operation: number) {
  return childrenOf(baseline.graph, operation).map((node) => ({
    from: nameOf(baseline, symbolOf(baseline.graph, operation)),
    to: nameOf(baseline, symbolOf(baseline.graph, node)),
    state: stateName(baseline, node),
    sessions: sessionsOf(baseline.graph, node),
    ofWorkflow: progress.workflow !== 0,
  }));
}

/** Why the mode is what it is, in a sentence. */
function reason(baseline: Baseline, progress: LearningProgress, settings: BaselineSettings): string {
  if (progress.mode !== "learning") return modeReason(baseline, progress, settings);
  const { sessions } = progress;
  if (sessions < settings.minSessions)
    return `not enough history: ${sessions} of ${settings.minSessions} sessions`;
  if (noveltyForecast(progress) > settings.maxNovelty)
    return `still finding new sensitive operations: forecast ${(noveltyForecast(progress) * 100).toFixed(1)} % of sessions, ${settings.maxNovelty * 100} % allowed`;
  const unwitnessed = unwitnessedShare(baseline, progress, settings);
  if (unwitnessed > settings.maxNovelty)
    return `${(unwitnessed * 100).toFixed(1)} % of sessions used a sensitive operation that too few trust units have used, ${settings.maxNovelty * 100} % allowed`;
  const unsettled = progress.workflow === 0 ? unsettledShare(baseline, progress) : 0;
  if (unsettled > MOST_UNSETTLED)
    return `${Math.round(unsettled * 100)} % of sessions belong to workflows that are still learning`;
  return `enough is known: learning ends at the next look, which is at every ${LOOK_EVERY}th session`;
}

/** What would make a finding, in the order of weight. */
function alertsOn({ denied, contracts }: Baseline, progress: LearningProgress): string[] {
  const always = ["broken token rules", "identifiers not listed in a closed slot of a sensitive operation"];
  if (denied !== undefined) always.push("what a person has denied");
  if (contracts?.some(({ closed }) => closed)) always.push("what a closed contract does not name");
  const scored =
    progress.mode === "enforcing" ? ["sessions whose score is above the threshold of its tier"] : [];
  if (progress.mode !== "learning")
    return [...always, "sensitive operations not listed here as baseline", ...scored];
  return progress.isLate ? [...always, "sensitive operations that the whole agent never used"] : always;
}

function allSlots(targets: Targets): number[] {
  const found: number[] = [];
  for (let slot = slots.first(targets); slot >= 0; slot = slots.after(targets, slot)) found.push(slot);
  return found;
}

function allValues(targets: Targets): number[] {
  const found: number[] = [];
  for (let record = values.first(targets); record >= 0; record = values.after(targets, record))
    found.push(record);
  return found;
}

/** Most values of a slot that are shown. */
const SHOWN_VALUES = 50;

const byName = (one: { operation: string; field: string }, other: { operation: string; field: string }) =>
  `${one.operation} ${one.field}` < `${other.operation} ${other.field}` ? -1 : 1;

function slotView(baseline: Baseline, slot: number) {
  const targets = baseline.targets;
  const records = allValues(targets).filter((record) => values.slotOfValue(targets, record) === slot);
  return {
    operation: nameOf(baseline, slots.operationOf(targets, slot)),
    field: nameOf(baseline, slots.fieldOf(targets, slot)),
    draws: slots.drawsOf(targets, slot),
    noveltyProbability: Number(slots.novelty(targets, slot).toFixed(4)),
    openness: openness(targets, slot),
    values: records
      .map((record) => valueView(targets, record))
      .sort((x, y) => y.sessions - x.sessions || (x.value < y.value ? -1 : 1))
      .slice(0, SHOWN_VALUES),
  };
}

function openness(targets: Targets, slot: number): "open" | "closed" | "undecided" {
  if (slots.isOpen(targets, slot)) return "open";
  return slots.isClosed(targets, slot) && slots.isSettled(targets, slot) ? "closed" : "undecided";
}

function valueView(targets: Targets, record: number) {
  return {
    value: values.labelOf(targets, record),
    sessions: values.sessionsOf(targets, record),
    witnesses: values.witnessesOf(targets, record),
    state: values.isKnown(targets, record) ? "baseline" : "candidate",
  };
}
