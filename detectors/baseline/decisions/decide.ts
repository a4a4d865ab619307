/** What a person has said about what was learned of an agent, put into effect. */
import type { ContractTerms } from "../../../schemas/contract.ts";
import type { BaselineDecision } from "../../../schemas/event.ts";
import { type EventView, TARGET_AT, TARGETS, TEXT } from "../../../schemas/event-view.ts";
import type { Caps } from "../../detector.ts";
import type { Baseline } from "../baseline.ts";
import { allowValue } from "../contracts/contract-values.ts";
import { contractOf, declare } from "../contracts/contracts.ts";
import { fieldOf, operationOf, workflowOf } from "../event-names.ts";
import { approveOperation, approveTarget, denyOperation, denyTarget } from "../graph/edges.ts";
import { OTHER } from "../names.ts";
import type { BaselineSettings } from "../settings.ts";
import type { TargetEdge } from "./denied.ts";
import { confirmSession, releaseSession } from "./held.ts";
import { replaceBaseline } from "./replace.ts";

/** Acts on a decision; the event is the one that carries it. What there is no room for is counted. */
export function decide(
  baseline: Baseline,
  decision: BaselineDecision,
  event: EventView,
  settings: BaselineSettings,
  caps: Caps,
): void {
  const before = baseline.capped;
  take(baseline, decision, event, settings, caps);
  if (baseline.capped > before) caps.words++;
}

function take(
  baseline: Baseline,
  { verdict, session = "", edges = false, baseline: given, contract }: BaselineDecision,
  event: EventView,
  settings: BaselineSettings,
  caps: Caps,
): void {
  switch (verdict) {
    case "approve-edge":
      decideEdge(baseline, event, approveOperation, approveTarget);
      break;
    case "deny-edge":
      decideEdge(baseline, event, denyOperation, denyTarget);
      break;
    case "release-session":
      releaseSession(baseline, session, edges, settings, caps);
      break;
    case "confirm-session":
      confirmSession(baseline, session, edges, settings);
      break;
    case "undo":
    case "import":
      if (given !== undefined) replaceBaseline(baseline, given, settings);
      break;
    case "contract":
      if (contract !== undefined) applyContract(baseline, contract, event);
      break;
    default:
      verdict satisfies never;
  }
}

/** With targets it is these values of the operation that are meant, for the whole agent; else the operation itself. */
function decideEdge(
  baseline: Baseline,
  event: EventView,
  ofOperation: typeof approveOperation,
  ofTarget: typeof approveTarget,
): void {
  const operation = event.has(TEXT.operation) ? operationOf(baseline, event) : OTHER;
  // It stands for every name that there is no more room for, so nothing can be said of it.
  if (operation === OTHER) {
    baseline.capped++;
    return;
  }
  for (const edge of targetsOf(baseline, operation, event)) ofTarget(baseline, edge);
  const workflow = event.has(TEXT.workflow) ? workflowOf(baseline, event) : "all";
  if (workflow === 0) baseline.capped++;
  else if (event.number(TARGETS) === 0) ofOperation(baseline, operation, workflow);
  baseline.version++;
}

/** The values of an operation that an event names. */
function targetsOf(baseline: Baseline, operation: number, event: EventView): readonly TargetEdge[] {
  return Array.from({ length: event.number(TARGETS) }, (_, index) => {
    const at = TARGET_AT + index * 8;
    const [low, high] = [event.number(at + 4), event.number(at + 5)];
    return { operation, field: fieldOf(baseline, event, at), low, high, value: event.textAt(at + 4) };
  });
}

/** Each event of a contract tells which one it is, so that none depends on the others' order, and none counts twice. */
function applyContract(baseline: Baseline, terms: ContractTerms, event: EventView): void {
  const [workflow, operation] = [
    workflowOf(baseline, event),
    event.has(TEXT.operation) ? operationOf(baseline, event) : undefined,
  ];
  if (operation === OTHER || (workflow === 0 && event.has(TEXT.workflow))) {
    baseline.capped++;
    return;
  }
  // Not all of it: what was signed stays in the log.
  const { name, version, until, closed, key, digest } = terms;
  const contract = contractOf(baseline, {
    name,
    version,
    untilMs: Date.parse(until),
    closed,
    key,
    digest,
    workflow,
  });
  baseline.version++;
  if (contract === undefined || contract.ended || operation === undefined) return;
  const clause = declare(baseline, contract, operation, event.tier > 0);
  if (clause === undefined) return;
  for (const edge of targetsOf(baseline, operation, event)) allowValue(baseline, clause, edge);
}
