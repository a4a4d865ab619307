/** The sentence of an edge that a person has denied. */
import { type EventView, TEXT } from "../../../schemas/event-view.ts";
import type { Out } from "../../detector.ts";
import type { Baseline } from "../baseline.ts";
import type { SessionPath } from "../path.ts";
import { nameOf, quote, workflowName } from "../wording.ts";
import { type DeniedEdge, deniedIn } from "./denied.ts";

/** Beside the number of an operation, in what a session has told: names have smaller numbers. */
export const DENIAL = 1 << 16;

/** Tells a step that uses a denied edge, once a session for each operation. Answers whether it does. */
export function tellDenied(
  baseline: Baseline,
  path: SessionPath,
  denied: readonly DeniedEdge[],
  operation: number,
  event: EventView,
  out: Out,
): boolean {
  const edge = deniedIn(baseline, denied, path.workflow, operation, event);
  if (edge === undefined) return false;
  if (path.told.includes(operation | DENIAL)) return true;
  path.told = [...path.told, operation | DENIAL];
  const name = nameOf(baseline, operation);
  const place = edge.workflow === 0 ? "this agent" : `workflow ${quote(nameOf(baseline, edge.workflow))}`;
  const what = edge.field === 0 ? "" : ` with ${nameOf(baseline, edge.field)} ${quote(edge.value)}`;
  out.finding({
    kind: "edge-denied",
    about: `${name}${what}`,
    summary: `${quote(name)} was used${what}, which a person has denied to ${place}.`,
    expected: "A denied edge is never used, by whomever and however often it was before.",
    evidence: {
      operation: name,
      tier: event.tier,
      workflow: workflowName(baseline, path),
      ...(edge.field !== 0 && { targets: [`${nameOf(baseline, edge.field)}=${edge.value}`] }),
      trustUnit: event.text(TEXT.trustUnit),
    },
  });
  return true;
}
