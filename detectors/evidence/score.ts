/** The score of a call, and of a session: the largest of its calls. */
import { LOWEST, type SessionEvidence } from "./session.ts";
import { TERMS } from "./term.ts";
import type { Weights } from "./weights.ts";

/** Points of a score, in thousandths: as whole numbers they are compared and kept exactly. */
export const thousandths = (score: number) => Math.round(score * 1000);

/** Log-odds of a call that these terms describe. */
export function scoreOf({ bias, terms: weights }: Weights, terms: Float64Array): number {
  let score = bias;
  for (let at = 0; at < weights.length; at++) score += (weights[at] ?? 0) * (terms[at] ?? 0);
  return Math.max(LOWEST, score);
}

/** Raises the session's score if this call, the newest, is worse than all before it; answers the call's score. */
export function raiseScore(shown: SessionEvidence, weights: Weights, terms: Float64Array): number {
  const score = scoreOf(weights, terms);
  if (score <= shown.score) return score;
  shown.score = score;
  shown.at = shown.steps - 1;
  shown.terms.set(terms);
  return score;
}

/** One term's part in a score. */
interface ScorePart {
  readonly name: string;
  readonly means: string;
  /** Log-odds that it added or took away. */
  readonly points: number;
}

/** What a score is made of, the largest parts first. The bias, which all calls share, is left out. */
export function partsOfScore({ terms: weights }: Weights, terms: Float64Array): readonly ScorePart[] {
  const parts = TERMS.map(({ name, means }, at) => ({
    name,
    means,
    points: (weights[at] ?? 0) * (terms[at] ?? 0),
  }));
  return parts
    .filter(({ points }) => points !== 0)
    .sort((a, b) => Math.abs(b.points) - Math.abs(a.points) || (a.name < b.name ? -1 : 1));
}
