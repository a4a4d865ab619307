/** A table of weights from labelled sessions. */
import { createHash } from "node:crypto";
import { SHIPPED } from "../../../detectors/evidence/shipped.ts";
import {
  CONTEXTS,
  type NamedTable,
  namedTable,
  type ScoringContext,
  type Weights,
} from "../../../detectors/evidence/weights.ts";
import { OffgraphError } from "../../../schemas/errors.ts";
import type { ByContext } from "./apart.ts";
import { type Example, fitWeights, METHOD } from "./fit.ts";
import type { Observed } from "./observe.ts";
import type { SessionTruth } from "./trail.ts";

/** Fewest sessions of each kind that weights are fitted on; a context that has fewer keeps the shipped ones. */
const LEAST_EXAMPLES = 20;

/** Fits each context that has examples enough to its sessions. Fails with `bad-request` if none has. */
export function fitTable(sessionsOf: ByContext, truths: ReadonlyMap<string, SessionTruth>): NamedTable {
  const fitted = CONTEXTS.flatMap((context) => {
    const examples = examplesOf(sessionsOf(context), truths, context);
    const attacks = examples.filter(({ isAttack }) => isAttack).length;
    if (Math.min(attacks, examples.length - attacks) < LEAST_EXAMPLES) return [];
    const weights = fitWeights(examples, context.endsWith("provenance"));
    return [{ context, weights, attacks, benign: examples.length - attacks }];
  });
  if (fitted.length === 0)
    throw new OffgraphError(
      "bad-request",
      `weights need at least ${LEAST_EXAMPLES} sessions labelled benign and as many labelled executed`,
    );
  const own = Object.fromEntries(fitted.map(({ context, weights }) => [context, weights]));
  const contexts: Record<ScoringContext, Weights> = { ...SHIPPED.contexts, ...own };
  const counts = fitted.map((one) => `${one.context}: ${one.benign} benign and ${one.attacks} attacks`);
  const card = { fittedOn: `labelled history (${counts.join("; ")})`, method: METHOD, limits: LIMITS };
  const table = namedTable({ version: SHIPPED.version, card, contexts });
  return { ...table, version: fingerprintOf(table) };
}

/** A version of its own for each fit: scores that other weights made are told apart by it, and forgotten. */
const fingerprintOf = ({ contexts }: NamedTable) =>
  1 + (createHash("sha256").update(JSON.stringify(contexts)).digest().readUInt32BE() >>> 2);

const LIMITS = [
  "They were fitted on this history alone: `offgraph evaluate` on other files says what they are worth",
];

function examplesOf(
  sessions: readonly Observed[],
  truths: ReadonlyMap<string, SessionTruth>,
  context: ScoringContext,
): readonly Example[] {
  return sessions.flatMap(({ trail, calls }) => {
    const truth = truths.get(trail.id);
    if (truth?.label !== "benign" && truth?.label !== "executed") return [];
    const isAttack = truth.label === "executed";
    const blamed = calls.filter((_, at) => !isAttack || truth.malicious.includes(at));
    const own = blamed.filter((call) => call.context === context).map(({ terms }) => terms);
    return own.length === 0 ? [] : [{ isAttack, calls: own }];
  });
}
