/** Each recorded model left out in turn: what is learned, fitted and calibrated knows nothing of it. */

import type { WeightTable } from "../../detectors/evidence/weights.ts";
import {
  type ByContext,
  byTrustUnit,
  observedApart,
  observedToFit,
} from "../../services/replay/evaluate/apart.ts";
import type { Labelled } from "../../services/replay/evaluate/evaluate.ts";
import { fitTable } from "../../services/replay/evaluate/fit-table.ts";
import { type Judged, judged } from "../../services/replay/evaluate/measure.ts";
import { type JudgingOptions, type Observed, observed } from "../../services/replay/evaluate/observe.ts";
import type { RecordedSession } from "../../services/replay/evaluate/recording.ts";
import { type Label, modelOf, type SessionTruth } from "../../services/replay/evaluate/trail.ts";
import { tableBy, weighed } from "../../services/replay/evaluate/weigh.ts";

/** A left-out model, observed against what the others taught. */
export interface Split {
  readonly model: string;
  /** Benign sessions of the others. */
  readonly learn: readonly RecordedSession[];
  /** Benign sessions and attacks of the others, each judged by what was learned without its own model. */
  readonly examples: ByContext;
  /** Benign sessions of the others, each judged by what was learned without its own trust unit. */
  readonly calibration: readonly Observed[];
  /** Benign sessions and attacks of the left-out model. */
  readonly test: readonly Observed[];
}

/** Models with fewer attacks or benign sessions are not reported one by one, nor pooled. */
const LEAST = { attacks: 100, benign: 400 };

type Truths = ReadonlyMap<string, SessionTruth>;
const labelOf = (truths: Truths) => (session: RecordedSession) => truths.get(session.id)?.label;

/** Splits recordings by model. */
export async function* splits(course: JudgingOptions, { sessions, truths }: Labelled): AsyncGenerator<Split> {
  const label = labelOf(truths);
  const usable = sessions.filter((session) => label(session) === "benign" || label(session) === "executed");
  const groups = Map.groupBy(usable, ({ version }) => modelOf(version) ?? "");
  for (const [model, mine] of [...groups].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const others = usable.filter(({ version }) => modelOf(version) !== model);
    const learn = others.filter((session) => label(session) === "benign");
    yield {
      model,
      learn,
      examples: await observedToFit(course, learn, others),
      calibration: await observedApart(course, learn, learn, byTrustUnit, true),
      test: await observed(course, learn, mine, true),
    };
  }
}

/** Whether a model is reported. */
export function isReported({ test }: Split, truths: Truths): boolean {
  const count = (label: Label) => test.filter(({ trail }) => truths.get(trail.id)?.label === label).length;
  return count("executed") >= LEAST.attacks && count("benign") >= LEAST.benign;
}

/** Weights fitted on the sessions of other models, or on some of them. */
export function fitted(
  { examples }: Split,
  truths: Truths,
  isUsed: (session: Observed) => boolean = () => true,
): WeightTable {
  return tableBy(fitTable((context) => examples(context).filter(isUsed), truths));
}

/** Sessions of the left-out model, scored by these weights. */
export const scored = (
  sessions: readonly Observed[],
  table: WeightTable,
  truths: Truths,
): readonly Judged[] =>
  judged(
    sessions.map((session) => weighed(session, table)),
    truths,
  );
