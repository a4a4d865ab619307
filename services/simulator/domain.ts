/** What a kind of agent does for a living: its workflows as probabilistic automata over operations with slots. */
import type { Random } from "./random.ts";
import type { Rhythm } from "./rhythm.ts";

/**
 * Where the values of a field come from. `{}` in the form is replaced by a number. A closed slot has a handful of
 * values, drawn once for each agent. An open slot goes on growing: a Pitman-Yor process is, given its weights, an
 * independent draw from a power law whose k-th weight is about k^(-1/discount), and so needs no memory.
 */
export type ValueSource =
  | { readonly kind: "closed"; readonly form: string; readonly values: number }
  | { readonly kind: "open"; readonly form: string; readonly discount: number };

/** One operation of a workflow; `fields` names the slots that it fills. */
export interface OperationStep {
  readonly service: string;
  readonly name: string;
  readonly tier: 0 | 1 | 2;
  readonly fields: readonly string[];
}

/** A run of steps that is taken with probability `chance`, and after each pass again with probability `again`. */
interface Block {
  readonly steps: readonly Step[];
  readonly chance: number;
  readonly again: number;
}

/** What a workflow is made of. */
type Step = OperationStep | Block;

/** A probabilistic automaton: steps in their order, some of them optional, some repeated. */
export interface WorkflowAutomaton {
  readonly name: string;
  /** How often it is chosen, relative to the agent's other workflows. */
  readonly weight: number;
  readonly steps: readonly Step[];
}

/** A kind of agent. */
export interface Domain {
  readonly name: string;
  readonly owner: string;
  readonly rhythm: Rhythm;
  /** `session`: a token for each session. `hourly`: one token per instance, renewed before it expires. */
  readonly tokens: "session" | "hourly";
  /** The slot of the person on whose behalf a session runs, if any; its value stays for the session. */
  readonly subject?: string;
  /** The slot of the order, ticket or case of a session, if any; its value stays for the session. */
  readonly businessAction?: string;
  readonly slots: Readonly<Record<string, ValueSource>>;
  readonly workflows: readonly [WorkflowAutomaton, ...WorkflowAutomaton[]];
}

/** A slot with so many values; each agent draws its own. */
export const closedSlot = (form: string, values: number): ValueSource => ({ kind: "closed", form, values });
/** A growing slot; `discount` from 0 (every value comes back) to 0.9 (nearly every value is new). */
export const growingSlot = (form: string, discount: number): ValueSource => ({
  kind: "open",
  form,
  discount,
});

const operation =
  (tier: 0 | 1 | 2) =>
  (service: string, name: string, ...fields: readonly string[]): OperationStep => ({
    service,
    name,
    tier,
    fields,
  });
/** Tier 0. */
export const reads = operation(0);
/** Tier 1. */
export const writes = operation(1);
/** Tier 2: sends out, touches credentials or administers. */
export const sends = operation(2);

/** Steps that are taken only sometimes. */
export const maybe = (chance: number, ...steps: readonly Step[]): Block => ({ steps, chance, again: 0 });
/** Steps that are taken at least once, and again with probability `again`, which must be below 1. */
export const loop = (again: number, ...steps: readonly Step[]): Block => ({ steps, chance: 1, again });

/** One walk through the automaton. */
export function* walkWorkflow(steps: readonly Step[], random: Random): Generator<OperationStep, void> {
  for (const step of steps) {
    if (!("steps" in step)) {
      yield step;
    } else if (step.chance === 1 || random.chance(step.chance)) {
      do yield* walkWorkflow(step.steps, random);
      while (step.again > 0 && random.chance(step.again));
    }
  }
}

/** Every operation that a walk can meet, in the order of the text. */
export function operationsOf(steps: readonly Step[]): OperationStep[] {
  return steps.flatMap((step) => ("steps" in step ? operationsOf(step.steps) : [step]));
}
