/** What waits for a person's word, and what persons have denied, in readable form. */
import type { Baseline } from "../baseline.ts";
import { toldIn } from "../graph/strange-edges.ts";
import { endPath } from "../path.ts";
import type { BaselineSettings } from "../settings.ts";
import { nameOf, workflowName } from "../wording.ts";
import type { DeniedEdge } from "./denied.ts";
import { pathOf } from "./held.ts";
import type { HeldSession } from "./pen.ts";

/** Sessions in the holding pen, newest last, with what became of the others; and denied edges. */
export function decidedView(baseline: Baseline, settings: BaselineSettings) {
  const { sessions = [], ...others } = baseline.pen ?? {};
  return {
    heldSessions: sessions.map((held) => heldView(baseline, held, settings)),
    heldBefore: { released: 0, confirmed: 0, expired: 0, crowdedOut: 0, ...others },
    denied: (baseline.denied ?? []).map((edge) => deniedView(baseline, edge)),
  };
}

function heldView(baseline: Baseline, held: HeldSession, settings: BaselineSettings) {
  const { name, startedAt, endedAt } = held;
  const path = pathOf(held, settings);
  const until = endedAt + settings.heldDays * 86_400_000;
  const shown = {
    session: name,
    workflow: path === undefined ? undefined : workflowName(baseline, path),
    startedAt: new Date(startedAt).toISOString(),
    until: new Date(until).toISOString(),
    strange: path === undefined ? [] : toldIn(path).map((operation) => nameOf(baseline, operation)),
  };
  if (path !== undefined) endPath(path);
  return shown;
}

function deniedView(baseline: Baseline, { workflow, operation, field, value }: DeniedEdge) {
  return {
    operation: nameOf(baseline, operation),
    ...(field === 0
      ? { workflow: workflow === 0 ? "(all)" : nameOf(baseline, workflow) }
      : { field: nameOf(baseline, field), value }),
  };
}
