/** The sentence of an operation outside the baseline: what was observed, what was expected with counts, how rare it is. */

import { type EventView, TEXT } from "../../schemas/event-view.ts";
import { counted } from "../counted.ts";
import type { FindingDraft } from "../detector.ts";
import type { Baseline, LearningProgress } from "./baseline.ts";
import {
  child,
  childrenOf,
  countOf,
  ORDER,
  sessionsOf,
  symbolOf,
  totalOf,
  witnessesOf,
} from "./graph/graph.ts";
import { type Contexts, contextsOf, escapeChance, probability, surprise } from "./graph/predictor.ts";
import type { SessionPath } from "./path.ts";
import type { Stranger } from "./values/strangers.ts";
import { list, nameOf, newness, pairs, percent, quote, units, workflowName } from "./wording.ts";

/** A sensitive operation outside the workflow's or the agent's baseline, with or without a target that is new too. */
export function tellOperation(
  baseline: Baseline,
  path: SessionPath,
  symbol: number,
  level: "workflow" | "agent",
  strangers: readonly Stranger[],
  event: EventView,
): FindingDraft {
  const contexts = contextsHere(baseline, path);
  const bits = surprise(probability(baseline.graph, contexts, symbol, baseline.names.texts.length));
  const novel = strangers.filter((stranger) => stranger.novel);
  const progress = baseline.progress.get(level === "workflow" ? path.workflow : 0);
  const [sessions, trustUnits] = [progress?.sessions ?? 0, progress?.units.length ?? 0];
  const place = level === "workflow" ? `workflow ${quote(nameOf(baseline, path.workflow))}` : "this agent";
  // The event's own words: the dictionary may be full.
  const operation = `${event.text(TEXT.service)} ${event.text(TEXT.operation)}`;
  const before = usesBefore(baseline, progress, symbol);
  return {
    kind: novel.length > 0 ? "operation-and-target-new" : `operation-new-to-${level}`,
    about: operation,
    summary: `${quote(operation)} was used, ${relation(place, before)}${onStrangers(novel)}.`,
    expected: `In ${counted(sessions, "session")} from ${units(trustUnits)}, ${place} ${before || "never used it"}. ${usual(baseline, contexts, level)}`,
    rarity: `surprise ${bits.toFixed(1)} of at most 20 bits; a named fact${besideScores(baseline, progress)}`,
    evidence: {
      operation,
      tier: event.tier,
      workflow: workflowName(baseline, path),
      sessions,
      trustUnits,
      surpriseBits: Number(bits.toFixed(2)),
      targets: pairs(strangers),
      trustUnit: event.text(TEXT.trustUnit),
    },
  };
}

function contextsHere(baseline: Baseline, path: SessionPath): Contexts {
  const [agent, workflow] = [
    baseline.progress.get(0)?.root ?? 0,
    baseline.progress.get(path.workflow)?.root ?? 0,
  ];
  return contextsOf(baseline.graph, agent, workflow, [
    ...path.symbols.subarray(path.symbolsAt, path.symbolsAt + path.steps),
  ]);
}

const relation = (place: string, before: string) =>
  before === "" ? `which ${place} has never used` : `which is not part of the baseline of ${place}`;

const onStrangers = (novel: readonly Stranger[]) =>
  novel.length === 0 ? "" : `, on ${list(novel)}, ${newness(novel)}`;

/** Whether scores speak there beside the named facts, which never wait for them. */
function besideScores({ memory }: Baseline, progress: LearningProgress | undefined): string {
  if (memory === undefined) return ", scores are switched off";
  return progress?.mode === "enforcing" ? ", which needs no score" : ", scores do not speak here yet";
}

/** In how many sessions and from how many trust units the operation was used without becoming baseline; empty if in none. */
function usesBefore(baseline: Baseline, progress: LearningProgress | undefined, symbol: number): string {
  const node = progress === undefined ? 0 : child(baseline.graph, progress.root, symbol);
  const sessions = node === 0 ? 0 : sessionsOf(baseline.graph, node);
  return sessions === 0
    ? ""
    : `used it in ${sessions}, from ${units(witnessesOf(baseline.graph, node))}: too few to make it baseline`;
}

/** What usually comes next from where the session stands, in the longest context with history. */
function usual(baseline: Baseline, contexts: Contexts, level: "workflow" | "agent"): string {
  const from = level === "workflow" ? ORDER + 1 : 0;
  for (let order = ORDER; order >= 0; order--) {
    const context = contexts[from + order] ?? 0;
    if (context === 0 || totalOf(baseline.graph, context) < 3) continue;
    const fresh = percent(escapeChance(baseline.graph, context, order));
    return `Expected next here: ${shares(baseline, context)}; anything new ${fresh}.`;
  }
  return "";
}

function shares(baseline: Baseline, context: number): string {
  const total = totalOf(baseline.graph, context);
  return childrenOf(baseline.graph, context)
    .slice(0, 3)
    .map(
      (node) =>
        `${quote(nameOf(baseline, symbolOf(baseline.graph, node)))} ${percent(countOf(baseline.graph, node) / total)}`,
    )
    .join(", ");
}
