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
import { type Names, tierOf } from "./names.ts";
import type { Settings } from "./settings.ts";
import * as slots from "./values/slots.ts";
import type { Targets } from "./values/targets.ts";
import * as values from "./values/values.ts";

/**
 * After so many sessions, what too few trust units have used is those units' own habit. Learning waits for it no
 * longer, or one compromised unit could keep it waiting; by chance three equal units leave one alone once in 10^7.
 */
export const MOST_WAITED = 16;

/** Witnesses needed, given how many trust units there are: never more than there are, and after learning one more from five on. */
export function witnessesNeeded({ witnesses }: Settings, units: number, learning: boolean): number {
  return Math.max(1, Math.min(units, !learning && units >= 5 ? witnesses + 1 : witnesses));
}

/** Which root a node hangs under. */
function rootOf(g: Graph, node: number): number {
  let at = node;
  for (let parent = parentOf(g, at); parent !== 0; parent = parentOf(g, at)) at = parent;
  return at;
}

/** What promotion needs to know about the workflow that a root stands for: does it learn, and how many witnesses are needed? */
export interface Stage {
  readonly learning: boolean;
  readonly needed: number;
}

/** Promotes what may be promoted and freezes its counts. `stageOf` gives the stage of a root. */
export function turnGraph(
  g: Graph,
  dictionary: Names,
  rules: Settings,
  stageOf: (root: number) => Stage,
): void {
  // Parents stand before their children, so a context is promoted before what follows it.
  for (let node = 1; node < g.count; node++) {
    if (freshOf(g, node) === 0 && parentOf(g, node) !== 0) continue;
    if (stateOf(g, node) === CANDIDATE && deserves(g, dictionary, rules, node, stageOf))
      setState(g, node, BASELINE);
    if (stateOf(g, node) === BASELINE || stateOf(g, node) === PINNED) freeze(g, node);
  }
}

/** Whether an edge of a tier becomes baseline only by a person's approval, once learning is over. */
const needsPerson = ({ sensitive }: Settings, tier: number) => tier > 0 && sensitive === "approval";

function deserves(
  g: Graph,
  dictionary: Names,
  rules: Settings,
  node: number,
  stageOf: (root: number) => Stage,
): boolean {
  const root = rootOf(g, node);
  if (node === root) return true;
  const { learning, needed } = stageOf(root);
  if (witnessesOf(g, node) < needed) return false;
  if (learning) return true;
  const sensitive = needsPerson(rules, tierOf(dictionary, symbolOf(g, node)));
  // A transition to a sensitive operation follows the operation itself.
  if (parentOf(g, node) !== root) return !sensitive || isBaseline(g, child(g, root, symbolOf(g, node)));
  return !sensitive && sessionsOf(g, node) >= rules.sessions && onManyDays(g, node);
}

/**
 * The same for target values; a slot is judged by the agent's own stage. A slot has a learning of its own: what w
 * witnesses have shown becomes baseline when it settles. Afterwards a value of a sensitive operation needs a person.
 */
export function turnTargets(t: Targets, dictionary: Names, rules: Settings, stage: Stage): void {
  values.dropOpen(t);
  const settling = settlingSlots(t, stage.needed);
  for (let record = values.first(t); record >= 0; record = values.after(t, record)) {
    if (values.isKnown(t, record) || values.witnessesOf(t, record) < stage.needed) continue;
    const slot = values.slotOfValue(t, record);
    const tier = tierOf(dictionary, slots.operationOf(t, slot));
    const sensitive = needsPerson(rules, tier) && slots.isSettled(t, slot);
    const proven = values.sessionsOf(t, record) >= rules.sessions && values.onManyDays(t, record);
    if (stage.learning || settling?.has(slot) || (!sensitive && proven)) values.markKnown(t, record);
  }
  for (const slot of settling ?? []) slots.settle(t, slot);
}

/** Slots that have closed, and of whose draws hardly any were values that still wait for witnesses. */
function settlingSlots(t: Targets, needed: number): ReadonlySet<number> | undefined {
  const waiting = closedSlots(t);
  if (waiting === undefined) return undefined;
  for (let record = values.first(t); record >= 0; record = values.after(t, record)) {
    const sessions = waiting.get(values.slotOfValue(t, record));
    if (sessions === undefined || values.isKnown(t, record) || values.witnessesOf(t, record) >= needed)
      continue;
    const own = values.sessionsOf(t, record);
    if (own < MOST_WAITED) waiting.set(values.slotOfValue(t, record), sessions + own);
  }
  const settling = [...waiting].filter(
    ([slot, sessions]) => sessions <= slots.CLOSED * slots.drawsOf(t, slot),
  );
  return new Set(settling.map(([slot]) => slot));
}

/** Slots that have closed and are not settled, each with 0; undefined if there are none, as for most agents on most days. */
function closedSlots(t: Targets): Map<number, number> | undefined {
  let closed: Map<number, number> | undefined;
  for (let slot = slots.first(t); slot >= 0; slot = slots.after(t, slot)) {
    if (!slots.isClosed(t, slot) || slots.isSettled(t, slot)) continue;
    closed ??= new Map();
    closed.set(slot, 0);
  }
  return closed;
}
