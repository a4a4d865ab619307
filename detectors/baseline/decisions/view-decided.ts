/** What waits for a person's word, and what persons have denied, in readable form. */
import type { Baseline } from "../baseline.ts";
import { toldIn } from "../graph/strange-edges.ts";
import { endPath } from "../path.ts";
import type { Settings } from "../settings.ts";
import { nameOf, workflowName } from "../wording.ts";
import type { DeniedEdge } from "./denied.ts";
import { pathOf } from "./held.ts";
import type { HeldSession } from "./pen.ts";

/** Sessions in the holding pen, newest last, with what became of the others; and denied edges. */
export function decidedView(b: Baseline, settings: Settings) {
  const { sessions = [], ...others } = b.pen ?? {};
  return {
    heldSessions: sessions.map((held) => heldView(b, held, settings)),
    heldBefore: { released: 0, confirmed: 0, expired: 0, crowdedOut: 0, ...others },
    denied: (b.denied ?? []).map((edge) => deniedView(b, edge)),
  };
}

function heldView(b: Baseline, held: HeldSession, settings: Settings) {
  const { name, startedAt, endedAt } = held;
  const p = pathOf(held, settings);
  const until = endedAt + settings.heldDays * 86_400_000;
  const shown = {
    session: name,
    workflow: p === undefined ? undefined : workflowName(b, p),
    startedAt: new Date(startedAt).toISOString(),
    until: new Date(until).toISOString(),
    strange: p === undefined ? [] : toldIn(p).map((operation) => nameOf(b, operation)),
  };
  if (p !== undefined) endPath(p);
  return shown;
}

function deniedView(b: Baseline, { workflow, operation, field, value }: DeniedEdge) {
  return {
    operation: nameOf(b, operation),
    ...(field === 0
      ? { workflow: workflow === 0 ? "(all)" : nameOf(b, workflow) }
      : { field: nameOf(b, field), value }),
  };
}
