/** The weights of the evidence, as versioned data with their model card. */
import { z } from "zod";
import { TERMS } from "./term.ts";

/** What is known of a call decides which weights it is judged by. */
export const CONTEXTS = ["workflow", "workflow+provenance", "agent", "agent+provenance"] as const;
/** Whether a workflow's own graph speaks or the agent's, and whether arguments come with their origin. */
export type ScoringContext = (typeof CONTEXTS)[number];

/** Log-odds of one context, by the places of TERMS. */
export interface Weights {
  readonly bias: number;
  readonly terms: readonly number[];
}

/** What a person must know before trusting weights. */
const ModelCard = z.strictObject({
  fittedOn: z.string(),
  method: z.string(),
  /** How good they were found to be; left out where nobody has measured it. */
  measured: z.string().optional(),
  limits: z.array(z.string()).readonly(),
});
/** What a person must know before trusting weights. */
type ModelCard = z.infer<typeof ModelCard>;

/** One fit: a table for each context, and what it was fitted on. */
export interface WeightTable {
  readonly version: number;
  readonly card: ModelCard;
  readonly contexts: Readonly<Record<ScoringContext, Weights>>;
}

const NAMES = TERMS.map(({ name }) => name);
const NamedWeights = z.strictObject({
  bias: z.number(),
  terms: z.partialRecord(z.enum(NAMES), z.number()),
});

/** How a table stands in settings: its weights by the names of their terms. */
export const NamedTable = z.strictObject({
  version: z.int().min(1),
  card: ModelCard,
  contexts: z.strictObject({
    workflow: NamedWeights,
    "workflow+provenance": NamedWeights,
    agent: NamedWeights,
    "agent+provenance": NamedWeights,
  }),
});
/** A table as it stands in settings. */
export type NamedTable = z.infer<typeof NamedTable>;

const tables = new WeakMap<NamedTable, WeightTable>();

/** The table that stands in settings; made once. */
export function tableOf(named: NamedTable): WeightTable {
  const known = tables.get(named);
  if (known !== undefined) return known;
  const contexts = each((context) => weightsOf(named.contexts[context].bias, named.contexts[context].terms));
  const made = { ...named, contexts };
  tables.set(named, made);
  return made;
}

function each<Value>(value: (context: ScoringContext) => Value): Readonly<Record<ScoringContext, Value>> {
  const all = CONTEXTS.map((context) => [context, value(context)] as const);
  return Object.fromEntries(all) as Record<ScoringContext, Value>;
}

/** A table by names; what weighs nothing is left out. */
export function namedTable({ contexts, ...rest }: WeightTable): NamedTable {
  return { ...rest, contexts: each((context) => namedWeights(contexts[context])) };
}

function namedWeights({ bias, terms }: Weights) {
  const weighing = NAMES.map((name, at) => [name, rounded(terms[at] ?? 0)] as const);
  return { bias: rounded(bias), terms: Object.fromEntries(weighing.filter(([, weight]) => weight !== 0)) };
}

/** More digits than a fit is worth would only be noise. */
const rounded = (weight: number) => Math.round(weight * 1e4) / 1e4;

/** The context of a call. */
export function contextOf(scope: number, hasProvenance: boolean): ScoringContext {
  if (scope > 0) return hasProvenance ? "workflow+provenance" : "workflow";
  return hasProvenance ? "agent+provenance" : "agent";
}

/** Weights by the names of their terms; a name that is left out weighs nothing. */
export function weightsOf(bias: number, byName: Readonly<Partial<Record<string, number>>>): Weights {
  return { bias, terms: TERMS.map(({ name }) => byName[name] ?? 0) };
}
