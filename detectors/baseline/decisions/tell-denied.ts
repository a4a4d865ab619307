/** The sentence of an edge that a person has denied. */
import { type EventView, TEXT } from "../../../schemas/event-view.ts";
import type { Out } from "../../detector.ts";
import type { Baseline } from "../baseline.ts";
import type { Path } from "../path.ts";
import { nameOf, quote, workflowName } from "../wording.ts";
import { type DeniedEdge, deniedIn } from "./denied.ts";

/** Beside the number of an operation, in what a session has told: names have smaller numbers. */
export const DENIAL = 1 << 16;

/** Tells a step that uses a denied edge, once a session for each operation. Answers whether it does. */
export function tellDenied(
  b: Baseline,
  p: Path,
  denied: readonly DeniedEdge[],
  operation: number,
  event: EventView,
  out: Out,
): boolean {
  const edge = deniedIn(b, denied, p.workflow, operation, event);
  if (edge === undefined) return false;
  if (p.told.includes(operation | DENIAL)) return true;
  p.told = [...p.told, operation | DENIAL];
  const name = nameOf(b, operation);
  const place = edge.workflow === 0 ? "this agent" : `workflow ${quote(nameOf(b, edge.workflow))}`;
  const what = edge.field === 0 ? "" : ` with ${nameOf(b, edge.field)} ${quote(edge.value)}`;
  out.finding({
    kind: "edge-denied",
    about: `${name}${what}`,
    summary: `${quote(name)} was used${what}, which a person has denied to ${place}.`,
    expected: "A denied edge is never used, by whomever and however often it was before.",
    evidence: {
      operation: name,
      tier: event.tier,
      workflow: workflowName(b, p),
      ...(edge.field !== 0 && { targets: [`${nameOf(b, edge.field)}=${edge.value}`] }),
      trustUnit: event.text(TEXT.trustUnit),
    },
  });
  return true;
}
