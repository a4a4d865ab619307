/** What a person has said about what was learned of an agent, put into effect. */
import type { BaselineDecision } from "../../schemas/event.ts";
import { type EventView, TARGET_AT, TARGETS, TEXT } from "../../schemas/event-view.ts";
import type { Baseline } from "./baseline.ts";
import { approveOperation, approveTarget, denyOperation, denyTarget } from "./edges.ts";
import { fieldOf, operationOf, workflowOf } from "./event-names.ts";
import { confirmSession, releaseSession } from "./held.ts";
import { replaceBaseline } from "./replace.ts";
import type { Settings } from "./settings.ts";

/** Acts on a decision; the event is the one that carries it. */
export function decide(
  b: Baseline,
  { verdict, session = "", edges = false, baseline }: BaselineDecision,
  event: EventView,
  settings: Settings,
): void {
  if (verdict === "approve-edge") decideEdge(b, event, approveOperation, approveTarget);
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
  if (!event.has(TEXT.operation)) return;
  const operation = operationOf(b, event);
  const count = event.number(TARGETS);
  for (let at = TARGET_AT; at < TARGET_AT + count * 8; at += 8)
    ofTarget(b, {
      operation,
      field: fieldOf(b, event, at),
      low: event.number(at + 4),
      high: event.number(at + 5),
      value: event.textAt(at + 4),
    });
  const workflow = event.has(TEXT.workflow) ? workflowOf(b, event) : "all";
  // A name for which there is no more room stands for nothing.
  if (workflow === 0) b.capped++;
  else if (count === 0) ofOperation(b, operation, workflow);
  b.version++;
}
