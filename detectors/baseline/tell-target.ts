/** The sentence of a known operation on a target that is new. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { FindingDraft } from "../detector.ts";
import type { Baseline } from "./baseline.ts";
import type { SessionPath } from "./path.ts";
import { drawsOf, novelty, valuesOf } from "./values/slots.ts";
import type { Stranger } from "./values/strangers.ts";
import { list, nameOf, newness, pairs, percent, quote, workflowName } from "./wording.ts";

/** A known sensitive operation on an identifier that is new to a closed slot. */
export function tellTarget(
  baseline: Baseline,
  path: SessionPath,
  symbol: number,
  strangers: readonly Stranger[],
  event: EventView,
): FindingDraft {
  const operation = nameOf(baseline, symbol);
  const slot = strangers[0]?.slot ?? -1;
  const known = slot < 0 ? 0 : valuesOf(baseline.targets, slot);
  const q = slot < 0 ? 1 : novelty(baseline.targets, slot);
  const draws = slot < 0 ? 0 : drawsOf(baseline.targets, slot);
  return {
    kind: "target-first-seen",
    about: `${operation} ${list(strangers)}`,
    summary: `${quote(operation)} was used on ${list(strangers)}, ${newness(strangers)} there.`,
    expected: `In ${draws} sessions with a value there it used ${known} different ones; a new one is expected in ${percent(q)} of sessions.`,
    rarity: `chance of a new value ${percent(q)} a session`,
    evidence: {
      operation,
      tier: event.tier,
      workflow: workflowName(baseline, path),
      draws,
      knownValues: known,
      noveltyProbability: Number(q.toFixed(4)),
      targets: pairs(strangers),
      trustUnit: event.text(TEXT.trustUnit),
    },
  };
}
