/** Calls that were observed once, judged by other weights: the terms of a call do not depend on them. */
import { scoreOf } from "../../../detectors/evidence/score.ts";
import { SHIPPED } from "../../../detectors/evidence/shipped.ts";
import { type NamedTable, tableOf, type WeightTable } from "../../../detectors/evidence/weights.ts";
import type { Observed } from "./observe.ts";
import { type Rise, rise, type Trail } from "./trail.ts";

/** The table that a course judges by. */
export const tableBy = (weights: NamedTable | "shipped"): WeightTable =>
  weights === "shipped" ? SHIPPED : tableOf(weights);

/** What these weights say of a session whose terms were kept. */
export function weighed({ trail, calls }: Observed, { contexts }: WeightTable): Trail {
  const rises: Rise[] = [];
  for (const [at, { context, terms }] of calls.entries()) rise(rises, at, scoreOf(contexts[context], terms));
  return { ...trail, rises };
}
