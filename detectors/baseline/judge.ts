/** Is a sensitive step part of the baseline? */
import type { EventView } from "../../schemas/event-view.ts";
import type { Out } from "../detector.ts";
import type { Baseline } from "./baseline.ts";
import { child } from "./graph/graph.ts";
import type { SessionPath } from "./path.ts";
import { tellOperation } from "./tell-operation.ts";
import { tellTarget } from "./tell-target.ts";
import { strangersOf } from "./values/strangers.ts";
import { isKnownTo } from "./versions/lineage.ts";

/** Which graph speaks: the workflow's, or the agent's where that one cannot. */
type Level = "workflow" | "agent";

/**
 * Tells of a step that is new; `isStrange`: a target is not in the baseline of its slot. Each operation is told once a session, so that
 * a loop makes one finding.
 */
export function tellNew(
  baseline: Baseline,
  path: SessionPath,
  symbol: number,
  isStrange: boolean,
  event: EventView,
  out: Out,
): void {
  const level = outside(baseline, path, symbol);
  if (level !== undefined) {
    if (isNewlyTold(path, symbol))
      out.finding(tellOperation(baseline, path, symbol, level, strangersOf(baseline, symbol, event), event));
    return;
  }
  if (!isStrange) return;
  const closed = strangersOf(baseline, symbol, event).filter((stranger) => stranger.closed);
  if (closed.length > 0 && isNewlyTold(path, -symbol))
    out.finding(tellTarget(baseline, path, symbol, closed, event));
}

/** Which graph the operation is outside of; undefined if of none that may speak. */
function outside(baseline: Baseline, path: SessionPath, symbol: number): Level | undefined {
  const workflow = path.workflow > 0 ? baseline.progress.get(path.workflow) : undefined;
  // A workflow that began with the agent learns in peace; one that turns up later is judged by what the agent knows.
  if (workflow?.mode === "learning" && !workflow.isLate) return undefined;
  if (workflow !== undefined && isKnownTo(baseline, path, child(baseline.graph, workflow.root, symbol)))
    return undefined;
  if (workflow !== undefined && workflow.mode !== "learning") return "workflow";
  const agent = baseline.progress.get(0);
  if (agent === undefined || agent.mode === "learning") return undefined;
  return isKnownTo(baseline, path, child(baseline.graph, agent.root, symbol)) ? undefined : "agent";
}

/** Notes that a fact is told; false if it was told before. */
function isNewlyTold(path: SessionPath, fact: number): boolean {
  if (path.told.includes(fact)) return false;
  path.told = [...path.told, fact];
  return true;
}
