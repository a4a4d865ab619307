/** The weights of the evidence, as versioned data with their model card. */
import { z } from "zod";
import { TERMS } from "./term.ts";

/** What is known of a call decides which weights it is judged by. */
export const CONTEXTS = ["workflow", "workflow+provenance", "agent", "agent+provenance"] as const;
/** Whether a workflow's own graph speaks or the agent's, and whether arguments come with their origin. */
export type Context = (typeof CONTEXTS)[number];

/** By the places of TERMS. */
const Weights = z.strictObject({
  bias: z.number(),
  terms: z.array(z.number()).length(TERMS.length).readonly(),
});
/** Log-odds of one context. */
export type Weights = z.infer<typeof Weights>;

const ModelCard = z.strictObject({
  fittedOn: z.string(),
  method: z.string(),
  limits: z.array(z.string()).readonly(),
});
/** What a person must know before trusting weights. */
export type ModelCard = z.infer<typeof ModelCard>;

/** One fit: a table for each context, and what it was fitted on. */
export const WeightTable = z.strictObject({
  version: z.int().min(1),
  card: ModelCard,
  contexts: z.strictObject({
    workflow: Weights,
    "workflow+provenance": Weights,
    agent: Weights,
    "agent+provenance": Weights,
  }),
});
/** One fit. */
export type WeightTable = z.infer<typeof WeightTable>;

/** The context of a call. */
export function contextOf(scope: number, hasProvenance: boolean): Context {
  if (scope > 0) return hasProvenance ? "workflow+provenance" : "workflow";
  return hasProvenance ? "agent+provenance" : "agent";
}

/** Weights by the names of their terms; a name that is left out weighs nothing. */
export function weightsOf(bias: number, byName: Readonly<Record<string, number>>): Weights {
  return { bias, terms: TERMS.map(({ name }) => byName[name] ?? 0) };
}
