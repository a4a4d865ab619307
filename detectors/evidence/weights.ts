/** The weights of the evidence, as versioned data with their model card. */
import { TERMS } from "./term.ts";

/** What is known of a call decides which weights it is judged by. */
export const CONTEXTS = ["workflow", "workflow+provenance", "agent", "agent+provenance"] as const;
/** Whether a workflow's own graph speaks or the agent's, and whether arguments come with their origin. */
export type Context = (typeof CONTEXTS)[number];

/** Log-odds of one context, by the places of TERMS. */
export interface Weights {
  readonly bias: number;
  readonly terms: readonly number[];
}

/** One fit: a table for each context, and what it was fitted on. */
export interface WeightTable {
  readonly version: number;
  readonly card: ModelCard;
  readonly contexts: Readonly<Record<Context, Weights>>;
}

/** What a person must know before trusting weights. */
export interface ModelCard {
  readonly fittedOn: string;
  readonly method: string;
  readonly limits: readonly string[];
}

/** The context of a call. */
export function contextOf(scope: number, hasProvenance: boolean): Context {
  if (scope > 0) return hasProvenance ? "workflow+provenance" : "workflow";
  return hasProvenance ? "agent+provenance" : "agent";
}

/** Weights by the names of their terms; a name that is left out weighs nothing. */
export function weightsOf(bias: number, byName: Readonly<Record<string, number>>): Weights {
  return { bias, terms: TERMS.map(({ name }) => byName[name] ?? 0) };
}
