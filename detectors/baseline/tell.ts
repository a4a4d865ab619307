/** The sentences of out-of-graph findings: what was observed, what was expected with counts, how rare it is. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Draft } from "../detector.ts";
import type { Baseline, Path, Progress } from "./baseline.ts";
import { child, childrenOf, countOf, ORDER, sessionsOf, symbolOf, totalOf, witnessesOf } from "./graph.ts";
import { type Contexts, contextsOf, escape, probability, surprise } from "./predictor.ts";
import { drawsOf, novelty, valuesOf } from "./targets.ts";

/** A target value that is not in the baseline. */
export interface Stranger {
  readonly field: string;
  readonly value: string;
  /** Its slot; -1 if this agent never used the operation with this field. */
  readonly slot: number;
  /** Sessions that have used it there, from too few trust units to make it baseline. */
  readonly seen: number;
  /** Its slot is closed. */
  readonly closed: boolean;
  /** Its slot is closed, or there is no slot and the agent knows the value from nowhere. */
  readonly novel: boolean;
}

/** A sensitive operation outside the workflow's or the agent's baseline, with or without a target that is new too. */
export function tellOperation(
  b: Baseline,
  p: Path,
  symbol: number,
  level: "workflow" | "agent",
  strangers: readonly Stranger[],
  event: EventView,
): Draft {
  const contexts = contextsOf(b.graph, b.progress.get(0)?.root ?? 0, b.progress.get(p.workflow)?.root ?? 0, [...p.symbols.subarray(0, p.steps)]);
  const bits = surprise(probability(b.graph, contexts, symbol, b.names.texts.length));
  const novel = strangers.filter((stranger) => stranger.novel);
  const progress = b.progress.get(level === "workflow" ? p.workflow : 0);
  const place = level === "workflow" ? `workflow ${quote(nameOf(b, p.workflow))}` : "this agent";
  // The event's own words: the dictionary may be full.
  const operation = `${event.text(TEXT.service)} ${event.text(TEXT.operation)}`;
  const before = usesBefore(b, progress, symbol);
  const kind = novel.length > 0 ? "operation-and-target-new" : `operation-new-to-${level}`;
  return {
    kind,
    about: operation,
    summary: `${quote(operation)} was used, ${before === "" ? `which ${place} has never used` : `which is not part of the baseline of ${place}`}${novel.length > 0 ? `, on ${list(novel)}, ${newness(novel)}` : ""}.`,
    expected: `In ${progress?.sessions ?? 0} sessions from ${units(progress?.units.length ?? 0)}, ${place} ${before || "never used it"}. ${usual(b, contexts, level)}`,
    rarity: `surprise ${bits.toFixed(1)} of at most 20 bits; not calibrated yet, so the named facts speak`,
    evidence: {
      operation,
      tier: event.tier,
      workflow: p.workflow > 0 ? nameOf(b, p.workflow) : "(none declared)",
      sessions: progress?.sessions ?? 0,
      trustUnits: progress?.units.length ?? 0,
      surpriseBits: Number(bits.toFixed(2)),
      targets: strangers.map((stranger) => `${stranger.field}=${stranger.value}`),
      trustUnit: event.text(TEXT.trustUnit),
    },
  };
}

/** In how many sessions and from how many trust units the operation was used without becoming baseline; empty if in none. */
function usesBefore(b: Baseline, progress: Progress | undefined, symbol: number): string {
  const node = progress === undefined ? 0 : child(b.graph, progress.root, symbol);
  const sessions = node === 0 ? 0 : sessionsOf(b.graph, node);
  return sessions === 0 ? "" : `used it in ${sessions}, from ${units(witnessesOf(b.graph, node))}: too few to make it baseline`;
}

/** A known sensitive operation on an identifier that is new to a closed slot. */
export function tellTarget(b: Baseline, p: Path, symbol: number, strangers: readonly Stranger[], event: EventView): Draft {
  const operation = nameOf(b, symbol);
  const slot = strangers[0]?.slot ?? -1;
  const known = slot < 0 ? 0 : valuesOf(b.targets, slot);
  const q = slot < 0 ? 1 : novelty(b.targets, slot);
  const draws = slot < 0 ? 0 : drawsOf(b.targets, slot);
  return {
    kind: "target-first-seen",
    about: `${operation} ${list(strangers)}`,
    summary: `${quote(operation)} was used on ${list(strangers)}, ${newness(strangers)} there.`,
    expected: `In ${draws} sessions with a value there it used ${known} different ones; a new one is expected in ${percent(q)} of sessions.`,
    rarity: `chance of a new value ${percent(q)} a session`,
    evidence: {
      operation,
      tier: event.tier,
      workflow: p.workflow > 0 ? nameOf(b, p.workflow) : "(none declared)",
      draws,
      knownValues: known,
      noveltyProbability: Number(q.toFixed(4)),
      targets: strangers.map((stranger) => `${stranger.field}=${stranger.value}`),
      trustUnit: event.text(TEXT.trustUnit),
    },
  };
}

/** What usually comes next from where the session stands, in the longest context with history. */
function usual(b: Baseline, contexts: Contexts, level: "workflow" | "agent"): string {
  const from = level === "workflow" ? ORDER + 1 : 0;
  for (let order = ORDER; order >= 0; order--) {
    const context = contexts[from + order] ?? 0;
    if (context === 0 || totalOf(b.graph, context) < 3) continue;
    const fresh = percent(escape(b.graph, context, order));
    return `Expected next here: ${shares(b, context)}; anything new ${fresh}.`;
  }
  return "";
}

function shares(b: Baseline, context: number): string {
  const total = totalOf(b.graph, context);
  return childrenOf(b.graph, context)
    .slice(0, 3)
    .map((node) => `${quote(nameOf(b, symbolOf(b.graph, node)))} ${percent(countOf(b.graph, node) / total)}`)
    .join(", ");
}

export const nameOf = (b: Baseline, symbol: number) => b.names.texts[symbol] ?? "?";
const quote = (text: string) => `\`${text}\``;
const list = (strangers: readonly Stranger[]) => strangers.map((stranger) => `${stranger.field} ${quote(stranger.value)}`).join(", ");
const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

const units = (count: number) => (count === 1 ? "1 trust unit" : `${count} trust units`);

/** How new the values are, in words. */
function newness(strangers: readonly Stranger[]): string {
  const seen = Math.max(...strangers.map((stranger) => stranger.seen));
  return seen === 0 ? "never seen before" : `seen in ${seen} ${seen === 1 ? "session" : "sessions"} of too few trust units`;
}
