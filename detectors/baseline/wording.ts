/** Words that the sentences of out-of-graph share. */
import { counted } from "../counted.ts";
import type { Baseline } from "./baseline.ts";
import type { SessionPath } from "./path.ts";
import type { Stranger } from "./values/strangers.ts";

/** The name that a number of the dictionary stands for. */
export const nameOf = (baseline: Baseline, symbol: number) => baseline.names.texts[symbol] ?? "?";

/** The session's workflow. */
export const workflowName = (baseline: Baseline, { workflow }: SessionPath) =>
  workflow > 0 ? nameOf(baseline, workflow) : "(none declared)";

/** A name within a sentence. */
export const quote = (text: string) => `\`${text}\``;

/** A share from 0 to 1 as percent. */
export const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

/** So many trust units. */
export const units = (count: number) => counted(count, "trust unit");

/** Fields and values within a sentence. */
export const list = (strangers: readonly Stranger[]) =>
  strangers.map(({ field, value }) => `${field} ${quote(value)}`).join(", ");

/** Fields and values as evidence. */
export const pairs = (strangers: readonly Stranger[]) =>
  strangers.map(({ field, value }) => `${field}=${value}`);

/** How new the values are. */
export function newness(strangers: readonly Stranger[]): string {
  const seen = Math.max(...strangers.map((stranger) => stranger.seen));
  return seen === 0 ? "never seen before" : `seen in ${counted(seen, "session")} of too few trust units`;
}
