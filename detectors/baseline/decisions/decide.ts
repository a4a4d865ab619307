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
import type { Settings } from "../settings.ts";
import type { TargetEdge } from "./denied.ts";
import { confirmSession, releaseSession } from "./held.ts";
import { replaceBaseline } from "./replace.ts";

/** Acts on a decision; the event is the one that carries it. What there is no room for is counted. */
export function decide(
  b: Baseline,
  decision: BaselineDecision,
  event: EventView,
  settings: Settings,
  caps: Caps,
): void {
  const before = b.capped;
  take(b, decision, event, settings);
  if (b.capped > before) caps.words++;
}

function take(
  b: Baseline,
  { verdict, session = "", edges = false, baseline, contract }: BaselineDecision,
  event: EventView,
  settings: Settings,
): void {
  if (contract !== undefined) applyContract(b, contract, event);
  else if (verdict === "approve-edge") decideEdge(b, event, approveOperation, approveTarget);
  else if (verdict === "deny-edge") decideEdge(b, event, denyOperation, denyTarget);
  else if (verdict === "release-session") releaseSession(b, session, edges, settings);
  else if (verdict === "confirm-session") confirmSession(b, session, edges, settings);
  else if (baseline !== undefined) replaceBaseline(b, baseline, settings);
}

/** With targets it is these values of the operation that are meant, for the whole agent; else the operation itself. */
function decideEdge(
  b: Baseline,
  event: EventView,
  ofOperation: typeof approveOperation,
  ofTarget: typeof approveTarget,
): void {
  const operation = event.has(TEXT.operation) ? operationOf(b, event) : OTHER;
  // It stands for every name that there is no more room for, so nothing can be said of it.
  if (operation === OTHER) {
    b.capped++;
    return;
  }
  for (const edge of targetsOf(b, operation, event)) ofTarget(b, edge);
  const workflow = event.has(TEXT.workflow) ? workflowOf(b, event) : "all";
  if (workflow === 0) b.capped++;
  else if (event.number(TARGETS) === 0) ofOperation(b, operation, workflow);
  b.version++;
}

/** The values of an operation that an event names. */
function targetsOf(b: Baseline, operation: number, event: EventView): readonly TargetEdge[] {
  return Array.from({ length: event.number(TARGETS) }, (_, index) => {
    const at = TARGET_AT + index * 8;
    const [low, high] = [event.number(at + 4), event.number(at + 5)];
    return { operation, field: fieldOf(b, event, at), low, high, value: event.textAt(at + 4) };
  });
}

/** Each event of a contract tells which one it is, so that none depends on the others' order, and none counts twice. */
function applyContract(b: Baseline, terms: ContractTerms, event: EventView): void {
  const [workflow, operation] = [
    workflowOf(b, event),
    event.has(TEXT.operation) ? operationOf(b, event) : undefined,
  ];
  if (operation === OTHER || (workflow === 0 && event.has(TEXT.workflow))) {
    b.capped++;
    return;
  }
  // Not all of it: what was signed stays in the log.
  const { name, version, until, closed, key, digest } = terms;
  const contract = contractOf(b, {
    name,
    version,
    untilMs: Date.parse(until),
    closed,
    key,
    digest,
    workflow,
  });
  b.version++;
  if (contract === undefined || contract.ended || operation === undefined) return;
  const clause = declare(b, contract, operation, event.tier > 0);
  if (clause === undefined) return;
  for (const edge of targetsOf(b, operation, event)) allowValue(b, clause, edge);
}
