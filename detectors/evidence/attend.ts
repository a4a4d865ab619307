/** A call as the graph and the event give it, observed and scored. */
import {
  type EventView,
  FROM_OUTPUT,
  RESULT,
  SOURCED,
  TARGET_AT,
  TARGETS,
  TEXT,
} from "../../schemas/event-view.ts";
import { MAX_TARGETS } from "../../schemas/operation.ts";
import type { Baseline, LearningProgress } from "../baseline/baseline.ts";
import { fieldOf } from "../baseline/event-names.ts";
import { child } from "../baseline/graph/graph.ts";
import { enterContexts, escapeChance, walk } from "../baseline/graph/predictor.ts";
import { hashesOf } from "../baseline/names.ts";
import type { SessionPath } from "../baseline/path.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import { isKnownTo } from "../baseline/versions/lineage.ts";
import type { Out, Rows } from "../detector.ts";
import { chanceOf, shareKnown } from "../groups/version.ts";
import type { AppraisedTarget } from "./appraise.ts";
import { weighBy } from "./guarantee.ts";
import type { AgentEvidence } from "./memory.ts";
import { type AppraisedCall, observe, terms } from "./observe.ts";
import { consultPeers } from "./peers.ts";
import { raiseScore } from "./score.ts";
import type { SessionEvidence } from "./session.ts";
import { SHIPPED } from "./shipped.ts";
import { speak } from "./speak.ts";
import { decideStanding } from "./standing.ts";
import { contextOf, tableOf } from "./weights.ts";

/** Observes the call in hand, raises its session's score if it is the worst so far, and tells what is above its threshold. */
export function scoreCall(
  rows: Rows<Baseline, SessionPath>,
  operation: number,
  event: EventView,
  settings: BaselineSettings,
  out: Out,
): void {
  const { agent: baseline, session: path } = rows.own;
  const { memory } = baseline;
  const { shown } = path;
  const agent = baseline.progress.get(0);
  if (memory === undefined || shown === undefined || agent === undefined) return;
  const workflow = path.workflow > 0 ? baseline.progress.get(path.workflow) : undefined;
  const table = settings.weights === "shipped" ? SHIPPED : tableOf(settings.weights);
  weighBy(memory.guarantee, table.version);
  if (rows.groups !== undefined && settings.peers === "on")
    consultPeers(rows.agent, memory, event, rows.groups);
  if (shown.steps === 0) {
    enterContexts(baseline.graph, agent.root, workflow?.root ?? 0, shown.contexts);
    decideStanding(baseline, path, memory, shown, settings, out);
  }
  describeCall(baseline, memory, path, shown, agent, workflow, operation, event);
  observe(memory, shown, call);
  const context = contextOf(call.scope, call.sourced > 0);
  const score = raiseScore(shown, table.contexts[context], terms);
  out.scored?.({ score, sessionScore: shown.score, terms, context });
  if (shown.at === shown.steps - 1) speak(rows, event, table, context, settings, out);
}

/** The call in hand; one for all, because a call is observed before the next one comes. */
const call: { -readonly [Name in keyof AppraisedCall]: AppraisedCall[Name] } = {
  tenantLow: 0,
  tenantHigh: 0,
  scope: 0,
  operation: 0,
  tier: 0,
  result: 0,
  surpriseBits: 0,
  isNewOperation: false,
  madeUp: 0,
  isLearnable: false,
  targets: [],
  sourced: 0,
  fromOutput: 0,
};

function describeCall(
  baseline: Baseline,
  memory: AgentEvidence,
  path: SessionPath,
  shown: SessionEvidence,
  agent: LearningProgress,
  workflow: LearningProgress | undefined,
  operation: number,
  event: EventView,
): void {
  // A workflow that is still learning says nothing: its agent is asked.
  const scope = workflow === undefined || workflow.mode === "learning" ? agent : workflow;
  call.tenantLow = event.low(TEXT.tenant);
  call.tenantHigh = event.high(TEXT.tenant);
  call.scope = scope.workflow;
  call.operation = operation;
  call.tier = event.tier;
  call.result = event.number(RESULT);
  const share = commonness(baseline, memory, operation);
  const { version } = memory.peers;
  call.surpriseBits = walk(
    baseline.graph,
    shown.contexts,
    operation,
    version === undefined ? 0 : chanceOf(version, share),
  );
  call.isNewOperation = !isKnownTo(baseline, path, child(baseline.graph, scope.root, operation));
  // What is well known of the scope itself, its peers do not make up for.
  call.madeUp = share === 0 ? 0 : share * escapeChance(baseline.graph, scope.root, 0);
  // After learning only a person makes a value of a sensitive operation known.
  call.isLearnable = memory.isLearning || event.tier === 0;
  call.targets = targetsOf(baseline, event);
  call.sourced = event.number(SOURCED);
  call.fromOutput = event.number(FROM_OUTPUT);
}

/** Share of the agent's peers that do the same at all. */
function commonness({ names }: Baseline, { peers: { version } }: AgentEvidence, operation: number): number {
  if (version === undefined) return 0;
  const [low, high] = hashesOf(names, operation);
  return shareKnown(version, version.operations, low, high);
}

/** The targets in hand. */
interface TargetInHand extends AppraisedTarget {
  field: number;
  low: number;
  high: number;
  origin: number;
}

/** The event in hand. */
let heard: EventView | undefined;
const held: readonly TargetInHand[] = Array.from({ length: MAX_TARGETS }, (_, index) => ({
  field: 0,
  low: 0,
  high: 0,
  origin: 0,
  name: () => heard?.textAt(TARGET_AT + index * 8) ?? "",
  text: () => heard?.textAt(TARGET_AT + index * 8 + 4) ?? "",
}));
/** The first so many of them. */
const firstHeld = Array.from({ length: MAX_TARGETS + 1 }, (_, count) => held.slice(0, count));

function targetsOf(baseline: Baseline, event: EventView): readonly AppraisedTarget[] {
  heard = event;
  const targets = firstHeld[event.number(TARGETS)] ?? [];
  for (const [index, target] of targets.entries()) {
    const at = TARGET_AT + index * 8;
    target.field = fieldOf(baseline, event, at);
    target.low = event.number(at + 4) ^ Math.imul(event.number(at), 31);
    target.high = event.number(at + 5) ^ event.number(at + 1);
    target.origin = event.origin(index);
  }
  return targets;
}
