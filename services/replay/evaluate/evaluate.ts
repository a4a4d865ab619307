/**
 * How good detection is on labelled recordings. A baseline is learned from the benign sessions of `train`; the sessions of
 * `test` are scored by it, and only then do scores and labels meet.
 */
import type { NamedTable } from "../../../detectors/evidence/weights.ts";
import { OffgraphError } from "../../../schemas/errors.ts";
import { byTrustUnit, observedApart, observedToFit } from "./apart.ts";
import type { Calibration } from "./conformal.ts";
import { distributionOf, type RocPoint, rocOf, type ScoreBin } from "./curves.ts";
import { fitTable } from "./fit-table.ts";
import { aucOf, type Judged, judged, labelled, type Measures, measure, scores, tprAt } from "./measure.ts";
import { type JudgingOptions, observed } from "./observe.ts";
import { type KeptPromise, kept, type Promised, promised } from "./promise.ts";
import { shareAbove } from "./ranking.ts";
import type { RecordedSession } from "./recording.ts";
import { sampled, seeded } from "./seeded.ts";
import { type TermWorth, termWorths } from "./terms.ts";
import { modelOf, type SessionTruth, sessionScoreOf, type Trail } from "./trail.ts";
import { tableBy } from "./weigh.ts";

/** Sessions and, apart from them, what was true of them. */
export interface Labelled {
  readonly sessions: readonly RecordedSession[];
  readonly truths: ReadonlyMap<string, SessionTruth>;
}

/** What is evaluated, and how. */
interface EvaluationPlan {
  readonly course: JudgingOptions;
  readonly train: Labelled;
  readonly test: Labelled;
  /** Weights are fitted on it; without it they are those of the course. */
  readonly fit: Labelled | undefined;
  /** Thresholds that are promised come from its benign sessions; without it from those of `train`. */
  readonly calibrateOn: Labelled | undefined;
  /** Learn from all sessions of `train`, as in the field, where nobody has labelled them. */
  readonly isUnlabelled: boolean;
  /** Rates of false alerts. */
  readonly rates: readonly number[];
  readonly onStage: (stage: string, done: number, total: number) => void;
}

/** Everything that was measured. */
export interface Evaluation {
  readonly pooled: MeasuredPart;
  readonly perAgent: Readonly<Record<string, MeasuredPart>>;
  readonly perWorkflow: Readonly<Record<string, MeasuredPart>>;
  readonly perModel: Readonly<Record<string, MeasuredPart>>;
  readonly roc: readonly RocPoint[];
  readonly distribution: readonly ScoreBin[];
  readonly terms: readonly TermWorth[];
  readonly learningCurve: readonly CurvePoint[];
  readonly weights: NamedTable | "shipped";
  readonly trails: readonly Trail[];
  readonly learnedFrom: number;
}

/** The measures of some of the sessions, and what the thresholds of all of them make of these. */
export interface MeasuredPart extends Measures {
  readonly atPooledThreshold: Readonly<Record<string, { readonly fpr: number; readonly tpr: number }>>;
  /** Thresholds from training data only. */
  readonly calibrated: readonly KeptPromise[];
}

/** What would have been with less history. */
export interface CurvePoint {
  readonly sessions: number;
  readonly auc: number;
  readonly tprAtFpr: Readonly<Record<string, number>>;
}

/** Shares of the history that the learning curve shows, beside all of it. */
const CURVE = [0.05, 0.1, 0.25, 0.5];
const STAGES = 4 + CURVE.length;

/** Evaluates. Fails with `bad-request` if there is nothing to learn from or nothing to judge. */
export async function evaluate(plan: EvaluationPlan): Promise<Evaluation> {
  const { train, test, rates } = plan;
  const learn = plan.isUnlabelled ? train.sessions : benignOf(train);
  if (learn.length === 0) throw new OffgraphError("bad-request", "--train holds no session labelled benign");
  if (test.sessions.length === 0) throw new OffgraphError("bad-request", "--test holds no session");
  const stage = staged(plan.onStage);
  stage(plan.fit ? "Fitting" : "Learning");
  const course = await fitted(plan, learn);
  stage("Scoring");
  const scored = await observed(course, learn, test.sessions, true);
  const trails = scored.map(({ trail }) => trail);
  stage("Calibrating");
  const promises = promised(await calibrationOf(plan, course, learn), rates);
  const learningCurve = await curve(plan, course, learn, stage, trails);
  stage("Measuring");
  const sessions = judged(trails, test.truths);
  return {
    ...partsOf(sessions, rates, promises),
    roc: rocOf(sessions),
    distribution: distributionOf(sessions),
    terms: termWorths(scored, tableBy(course.weights), test.truths, rates),
    learningCurve,
    weights: course.weights,
    trails,
    learnedFrom: learn.length,
  };
}

function staged(onStage: EvaluationPlan["onStage"]): (name: string) => void {
  let done = 0;
  return (name) => onStage(name, done++, STAGES);
}

/** Sessions of files that one may look into. */
const benignOf = ({ sessions, truths }: Labelled) =>
  sessions.filter(({ id }) => truths.get(id)?.label === "benign");

async function fitted(
  { course, fit }: EvaluationPlan,
  learn: readonly RecordedSession[],
): Promise<JudgingOptions> {
  if (fit === undefined) return course;
  const examples = fit.sessions.filter(({ id }) => fit.truths.get(id)?.label !== "resisted");
  return { ...course, weights: fitTable(await observedToFit(course, learn, examples), fit.truths) };
}

async function calibrationOf(
  { calibrateOn, train, isUnlabelled }: EvaluationPlan,
  course: JudgingOptions,
  learn: readonly RecordedSession[],
): Promise<readonly Calibration[]> {
  const from = calibrateOn ?? train;
  const sessions = isUnlabelled ? from.sessions : benignOf(from);
  const seen = await observedApart(course, learn, sessions, byTrustUnit);
  return seen.map(({ trail }) => ({ ...trail, score: sessionScoreOf(trail) }));
}

async function curve(
  { test, rates }: EvaluationPlan,
  course: JudgingOptions,
  learn: readonly RecordedSession[],
  stage: (name: string) => void,
  whole: readonly Trail[],
): Promise<readonly CurvePoint[]> {
  const pointOf = (sessions: number, trails: readonly Trail[]): CurvePoint => {
    const some = judged(trails, test.truths);
    const tprAtFpr = Object.fromEntries(rates.map((rate) => [String(rate), tprAt(some, rate)]));
    return { sessions, auc: aucOf(some), tprAtFpr };
  };
  const points: CurvePoint[] = [];
  for (const share of CURVE) {
    stage("Learning from less");
    const some = sampled(learn, share, seeded(1));
    const seen = await observed(course, some, test.sessions);
    points.push(
      pointOf(
        some.length,
        seen.map(({ trail }) => trail),
      ),
    );
  }
  return [...points, pointOf(learn.length, whole)];
}

function partsOf(sessions: readonly Judged[], rates: readonly number[], promises: readonly Promised[]) {
  const all = measure(sessions, rates);
  const part = (some: readonly Judged[], measures = measure(some, rates)): MeasuredPart => ({
    ...measures,
    calibrated: kept(promises, some),
    atPooledThreshold: Object.fromEntries(
      Object.entries(all.atRate).map(([rate, { threshold }]) => [
        rate,
        {
          fpr: shareAbove(scores(labelled(some, "benign")), threshold),
          tpr: shareAbove(scores(labelled(some, "executed")), threshold),
        },
      ]),
    ),
  });
  const by = (name: (trail: Trail) => string | undefined) => {
    const groups = Map.groupBy(sessions, ({ trail }) => name(trail) ?? "(none)");
    const sorted = [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, some]) => [key, part(some)]));
  };
  return {
    pooled: part(sessions, all),
    perAgent: by(({ agent }) => agent),
    perWorkflow: by(({ workflow }) => workflow),
    perModel: by(({ version }) => modelOf(version)),
  };
}
