/** An evaluation in the form that machines read. */
import type { Evaluation, MeasuredPart } from "./evaluate.ts";
import type { Measured } from "./measure.ts";
import type { KeptPromise } from "./promise.ts";
import { firstAbove, sessionScoreOf, type Trail } from "./trail.ts";

type ByRate<Value> = Readonly<Record<string, Value>>;
type Interval = readonly [low: number, high: number];

/** Figures of some sessions. A figure that nothing could be measured for is null. */
export interface Figures {
  readonly sessions: { readonly benign: number; readonly attack: number; readonly resisted: number };
  readonly auc: number;
  /** True positives at each rate of false alerts, at thresholds read on these sessions. */
  readonly tprAtFpr: ByRate<number>;
  readonly inTime: ByRate<number>;
  /** Alerts per 1,000 benign calls at the first rate. */
  readonly alertsPer1000Calls: number;
  readonly alertsPer1000CallsAtFpr: ByRate<number>;
  readonly resistedAtFpr: ByRate<number>;
  readonly thresholdAtFpr: ByRate<number>;
  /** What the thresholds of all sessions together make of these. */
  readonly atPooledThreshold: MeasuredPart["atPooledThreshold"];
  /** Thresholds from training data only. */
  readonly calibrated: readonly KeptPromise[];
  /** Intervals that hold a figure in 95 of 100 redrawings of the tasks. */
  readonly intervals: { readonly auc: Interval; readonly tprAtFpr: ByRate<Interval> };
}

/** What stands in an outcome as it was measured. */
type AsMeasured = Pick<
  Evaluation,
  "roc" | "distribution" | "terms" | "learningCurve" | "learnedFrom" | "weights"
>;

/** The outcome of an evaluation. */
export interface EvaluationOutcome extends Figures, AsMeasured {
  readonly perAgent: Readonly<Record<string, Figures>>;
  readonly perWorkflow: Readonly<Record<string, Figures>>;
  readonly perModel: Readonly<Record<string, Figures>>;
  readonly seconds: number;
  /** File with a line for each session. */
  readonly scores: string;
}

/** The whole outcome. */
export function evaluationOutcome(
  evaluation: Evaluation,
  scores: string,
  seconds: number,
): EvaluationOutcome {
  const { pooled, perAgent, perWorkflow, perModel, trails: _, ...rest } = evaluation;
  return {
    ...figuresOf(pooled),
    perAgent: each(perAgent),
    perWorkflow: each(perWorkflow),
    perModel: each(perModel),
    ...rest,
    seconds,
    scores,
  };
}

const each = (parts: Readonly<Record<string, MeasuredPart>>) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, figuresOf(part)]));

function figuresOf({ sessions, auc, atRate, atPooledThreshold, calibrated }: MeasuredPart): Figures {
  type AtRate = (typeof atRate)[string];
  const by = <Value>(value: (at: AtRate) => Value) =>
    Object.fromEntries(Object.entries(atRate).map(([rate, at]) => [rate, value(at)]));
  return {
    sessions,
    auc: auc.value,
    tprAtFpr: by((at) => at.truePositives.value),
    inTime: by((at) => at.inTime),
    alertsPer1000Calls: Object.values(atRate)[0]?.alertsPer1000Calls ?? Number.NaN,
    alertsPer1000CallsAtFpr: by((at) => at.alertsPer1000Calls),
    resistedAtFpr: by((at) => at.resisted),
    thresholdAtFpr: by((at) => at.threshold),
    atPooledThreshold,
    calibrated,
    intervals: { auc: interval(auc), tprAtFpr: by((at) => interval(at.truePositives)) },
  };
}

const interval = ({ low, high }: Measured): Interval => [low, high];

/** One session in the file of scores. */
export interface ScoreLine {
  readonly id: string;
  readonly agent: string;
  readonly workflow: string | null;
  readonly version: string | null;
  readonly calls: number;
  /** Log-odds of its worst call. */
  readonly score: number;
  /** Index of the first call above the threshold of each rate; null if none is. */
  readonly firstAlertIndex: ByRate<number | null>;
}

/** The lines of the file of scores, in the order of the test files. */
export function* scoreLines({ trails, pooled }: Evaluation): Generator<ScoreLine> {
  for (const trail of trails) yield scoreLine(trail, pooled);
}

function scoreLine(trail: Trail, { atRate }: MeasuredPart): ScoreLine {
  const { id, agent, workflow = null, version = null, calls } = trail;
  const firstAlertIndex = Object.fromEntries(
    Object.entries(atRate).map(([rate, { threshold }]) => [rate, firstAbove(trail, threshold) ?? null]),
  );
  return { id, agent, workflow, version, calls, score: sessionScoreOf(trail), firstAlertIndex };
}
