/**
 * Life of an edge: UNKNOWN, then CANDIDATE once an unflagged session has used it, then BASELINE when witnesses have
 * confirmed it. The lemma that this keeps (and a property test checks): if an attacker controls fewer than w trust
 * units, whatever became baseline was also used by a unit that the attacker does not control.
 *
 * While a workflow is learning, what w witnesses have shown becomes baseline, sensitive or not: that is what learning
 * means. Afterwards a reading edge also needs two days and five sessions, and a sensitive one is left to a person's approval
 * unless the settings trust witnesses. What a person has pinned or denied stays so (edges.ts).
 */
import {
  BASELINE,
  CANDIDATE,
  child,
  freeze,
  freshOf,
  type Graph,
  isBaseline,
  onManyDays,
  PINNED,
  parentOf,
  sessionsOf,
  setState,
  stateOf,
  symbolOf,
  witnessesOf,
} from "./graph/graph.ts";
import { type NameDictionary, tierOf } from "./names.ts";
import type { BaselineSettings } from "./settings.ts";
import * as slots from "./values/slots.ts";
import type { Targets } from "./values/targets.ts";
import * as values from "./values/values.ts";

/**
 * After so many sessions, what too few trust units have used is those units' own habit. Learning waits for it no
 * longer, or one compromised unit could keep it waiting; by chance three equal units leave one alone once in 10^7.
 */
export const MOST_WAITED = 16;

/** Witnesses needed, given how many trust units there are: never more than there are, and after learning one more from five on. */
export function witnessesNeeded({ witnesses }: BaselineSettings, units: number, learning: boolean): number {
  return Math.max(1, Math.min(units, !learning && units >= 5 ? witnesses + 1 : witnesses));
}

/** Which root a node hangs under. */
function rootOf(graph: Graph, node: number): number {
  let at = node;
  for (let parent = parentOf(graph, at); parent !== 0; parent = parentOf(graph, at)) at = parent;
  return at;
}

/** What promotion needs to know about the workflow that a root stands for: does it learn, and how many witnesses are needed? */
export interface Stage {
  readonly learning: boolean;
  readonly needed: number;
}

/** Promotes what may be promoted and freezes its counts. `stageOf` gives the stage of a root. */
export function turnGraph(
  graph: Graph,
  names: NameDictionary,
  settings: BaselineSettings,
  stageOf: (root: number) => Stage,
): void {
  // Parents stand before their children, so a context is promoted before what follows it.
  for (let node = 1; node < graph.count; node++) {
    if (freshOf(graph, node) === 0 && parentOf(graph, node) !== 0) continue;
    if (stateOf(graph, node) === CANDIDATE && deserves(graph, names, settings, node, stageOf))
      setState(graph, node, BASELINE);
    if (stateOf(graph, node) === BASELINE || stateOf(graph, node) === PINNED) freeze(graph, node);
  }
}

/** Whether an edge of a tier becomes baseline only by a person's approval, once learning is over. */
const needsPerson = ({ sensitive }: BaselineSettings, tier: number) => tier > 0 && sensitive === "approval";

function deserves(
  graph: Graph,
  names: NameDictionary,
  settings: BaselineSettings,
  node: number,
  stageOf: (root: number) => Stage,
): boolean {
  const root = rootOf(graph, node);
  if (node === root) return true;
  const { learning, needed } = stageOf(root);
  if (witnessesOf(graph, node) < needed) return false;
  if (learning) return true;
  const sensitive = needsPerson(settings, tierOf(names, symbolOf(graph, node)));
  // A transition to a sensitive operation follows the operation itself.
  if (parentOf(graph, node) !== root)
    return !sensitive || isBaseline(graph, child(graph, root, symbolOf(graph, node)));
  return !sensitive && sessionsOf(graph, node) >= settings.sessions && onManyDays(graph, node);
}

/**
 * The same for target values; a slot is judged by the agent's own stage. A slot has a learning of its own: what w
 * witnesses have shown becomes baseline when it settles. Afterwards a value of a sensitive operation needs a person.
 */
export function turnTargets(
  targets: Targets,
  names: NameDictionary,
  settings: BaselineSettings,
  stage: Stage,
): void {
  values.dropOpen(targets);
  const settling = settlingSlots(targets, stage.needed);
  for (let record = values.first(targets); record >= 0; record = values.after(targets, record)) {
    if (values.isKnown(targets, record) || values.witnessesOf(targets, record) < stage.needed) continue;
    const slot = values.slotOfValue(targets, record);
    const tier = tierOf(names, slots.operationOf(targets, slot));
    const sensitive = needsPerson(settings, tier) && slots.isSettled(targets, slot);
    const proven =
      values.sessionsOf(targets, record) >= settings.sessions && values.onManyDays(targets, record);
    if (stage.learning || settling?.has(slot) || (!sensitive && proven)) values.markKnown(targets, record);
  }
  for (const slot of settling ?? []) slots.settle(targets, slot);
}

/** Slots that have closed, and of whose draws hardly any were values that still wait for witnesses. */
function settlingSlots(targets: Targets, needed: number): ReadonlySet<number> | undefined {
  const waiting = closedSlots(targets);
  if (waiting === undefined) return undefined;
  for (let record = values.first(targets); record >= 0; record = values.after(targets, record)) {
    const sessions = waiting.get(values.slotOfValue(targets, record));
    if (
      sessions === undefined ||
      values.isKnown(targets, record) ||
      values.witnessesOf(targets, record) >= needed
    )
      continue;
    const own = values.sessionsOf(targets, record);
    if (own < MOST_WAITED) waiting.set(values.slotOfValue(targets, record), sessions + own);
  }
  const settling = [...waiting].filter(
    ([slot, sessions]) => sessions <= slots.CLOSED * slots.drawsOf(targets, slot),
  );
  return new Set(settling.map(([slot]) => slot));
}

/** Slots that have closed and are not settled, each with 0; undefined if there are none, as for most agents on most days. */
function closedSlots(targets: Targets): Map<number, number> | undefined {
  let closed: Map<number, number> | undefined;
  for (let slot = slots.first(targets); slot >= 0; slot = slots.after(targets, slot)) {
    if (!slots.isClosed(targets, slot) || slots.isSettled(targets, slot)) continue;
    closed ??= new Map();
    closed.set(slot, 0);
  }
  return closed;
}
