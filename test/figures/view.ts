/** The figures of one view: what detectors are told of workflows and of the origin of arguments. */

import { SHIPPED } from "../../detectors/evidence/shipped.ts";
import { TERMS } from "../../detectors/evidence/term.ts";
import type { WeightTable } from "../../detectors/evidence/weights.ts";
import type { ByContext } from "../../services/replay/evaluate/apart.ts";
import type { Alerts, Calibration } from "../../services/replay/evaluate/conformal.ts";
import { mean } from "../../services/replay/evaluate/mean.ts";
import { type Judged, labelled } from "../../services/replay/evaluate/measure.ts";
import type { Observed } from "../../services/replay/evaluate/observe.ts";
import { kept, promised } from "../../services/replay/evaluate/promise.ts";
import { type SessionTruth, sessionScoreOf } from "../../services/replay/evaluate/trail.ts";
import { weighed } from "../../services/replay/evaluate/weigh.ts";
import { decimal, percent } from "../../services/replay/evaluate/wording.ts";
import { markdown, meanRow, RATES, rowOf, TITLES } from "./rows.ts";
import { fitted, isReported, type Split, scored } from "./split.ts";

type Truths = ReadonlyMap<string, SessionTruth>;

/** Parts that injected goals are divided into; each is left out once. */
const FOLDS = 5;

/** The tables of a view. */
export function viewTables(all: readonly Split[], truths: Truths): string {
  const splits = all.filter((split) => isReported(split, truths));
  const tables = new Map(all.map((split) => [split, fitted(split, truths)]));
  const judgedOf = (split: Split) => scored(split.test, tables.get(split) ?? SHIPPED, truths);
  const own = splits.map(judgedOf);
  const rows = [
    rowOf("**pooled**", own.flat()),
    ...splits.map(({ model }, at) => rowOf(model, own[at] ?? [])),
    rowOf(
      "pooled, sessions with calls",
      own.flat().filter(({ trail }) => trail.calls > 0),
    ),
    rowOf("pooled with the models that are too small", all.flatMap(judgedOf)),
    agentsOut(splits, truths),
    goalsOut(splits, truths),
    rowOf(
      "pooled, shipped weights",
      splits.flatMap(({ test }) => scored(test, SHIPPED, truths)),
    ),
  ];
  const promises = [
    ...promiseRows("reported models", splits, tables, truths),
    ...promiseRows("all models", all, tables, truths),
    ...promiseRows("reported, one unit adds 10 % of highest scores", splits, tables, truths, poisoned),
  ];
  const titles = ["", "promised", "realised", "spread over splits", "spread over models", "caught"];
  return `${markdown(TITLES, rows)}\n${markdown(titles, promises)}`;
}

/** Weights that never saw the agent that they judge. */
function agentsOut(splits: readonly Split[], truths: Truths): readonly string[] {
  const sessions = splits.flatMap((split) =>
    [...new Set(split.test.map(({ trail }) => trail.agent))].flatMap((agent) => {
      const table = fitted(split, truths, ({ trail }) => trail.agent !== agent);
      return scored(
        split.test.filter(({ trail }) => trail.agent === agent),
        table,
        truths,
      );
    }),
  );
  return rowOf("pooled, tested agent not among the fitted", sessions);
}

/** Weights that never saw the goals that they judge, of any model. */
function goalsOut(splits: readonly Split[], truths: Truths): readonly string[] {
  const foldOf = foldsOf(splits, truths);
  const folds = Array.from({ length: FOLDS }, (_, fold) =>
    splits.flatMap((split) => {
      const table = fitted(split, truths, (session) => foldOf(session) !== fold);
      const tested = split.test.filter(
        (session) => foldOf(session) === undefined || foldOf(session) === fold,
      );
      return scored(tested, table, truths);
    }),
  );
  return meanRow("pooled, tested goal not among the fitted", folds);
}

/** Each attack's part of the goals; undefined for benign sessions. */
function foldsOf(splits: readonly Split[], truths: Truths): (session: Observed) => number | undefined {
  const goalOf = ({ trail }: Observed) => {
    const truth = truths.get(trail.id);
    return truth?.label === "executed" ? `${trail.agent}/${truth.goal}` : undefined;
  };
  const seen = new Set(
    splits.flatMap(({ test, examples }) => [...test, ...examples("workflow")]).map(goalOf),
  );
  const goals = [...seen].filter((goal) => goal !== undefined).sort();
  return (session) => {
    const goal = goalOf(session);
    return goal === undefined ? undefined : goals.indexOf(goal) % FOLDS;
  };
}

type Tables = ReadonlyMap<Split, WeightTable>;

function promiseRows(
  title: string,
  splits: readonly Split[],
  tables: Tables,
  truths: Truths,
  change: (calibration: readonly Calibration[]) => readonly Calibration[] = (same) => same,
): readonly (readonly string[])[] {
  const parts = splits.map((split) => {
    const table = tables.get(split) ?? SHIPPED;
    const scores = split.calibration.map((session) => weighed(session, table));
    const calibration = change(scores.map((trail) => ({ ...trail, score: sessionScoreOf(trail) })));
    return { promises: promised(calibration, RATES), sessions: scored(split.test, table, truths) };
  });
  return RATES.map((rate, at) => {
    const outcomes = parts.map(({ promises, sessions }) => outcomesOf(promises[at]?.splits ?? [], sessions));
    const pooled = (outcomes[0] ?? []).map((_, split) =>
      weighted(
        outcomes.map((one, part) => [
          one[split]?.realised ?? 0,
          labelled(parts[part]?.sessions ?? [], "benign").length,
        ]),
      ),
    );
    const caught = weighted(
      outcomes.map((one, part) => [
        mean(one.map(({ tpr }) => tpr)),
        labelled(parts[part]?.sessions ?? [], "executed").length,
      ]),
    );
    const each = outcomes.map((one) => percent(mean(one.map(({ realised }) => realised))));
    return [
      title,
      percent(rate),
      `${(100 * mean(pooled)).toFixed(2)} %`,
      decimal(100 * deviation(pooled)),
      each.join(", "),
      percent(caught),
    ];
  });
}

/** What each split's thresholds make of sessions. */
const outcomesOf = (splits: readonly Alerts[], sessions: readonly Judged[]) =>
  splits.flatMap((alerts) => kept([{ rate: Number.NaN, splits: [alerts] }], sessions));

/** A compromised unit that adds a tenth of all scores, higher than any. */
function poisoned(calibration: readonly Calibration[]): readonly Calibration[] {
  const added = calibration.filter((_, at) => at % 9 === 0);
  return [...calibration, ...added.map(({ agent }) => ({ agent, score: 1000, trustUnit: "compromised" }))];
}

function weighted(parts: readonly (readonly [value: number, weight: number])[]): number {
  const total = parts.reduce((sum, [, weight]) => sum + weight, 0);
  return parts.reduce((sum, [value, weight]) => sum + value * weight, 0) / total;
}

const deviation = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

/** What is lost without each term, the weights of the others fitted anew. */
export function ablation(all: readonly Split[], truths: Truths, hasProvenance: boolean): string {
  const splits = all.filter((split) => isReported(split, truths));
  const pooled = (title: string, at: number | undefined) => {
    const sessions = splits.flatMap((split) => {
      const examples: ByContext = (context) =>
        at === undefined
          ? split.examples(context)
          : split.examples(context).map((session) => without(session, at));
      return scored(split.test, fitted({ ...split, examples }, truths), truths);
    });
    return rowOf(title, sessions);
  };
  const rows = TERMS.flatMap(({ name, needsProvenance }, at) =>
    needsProvenance && !hasProvenance ? [] : [pooled(`without ${name}`, at)],
  );
  return markdown(TITLES, [pooled("all terms", undefined), ...rows]);
}

const without = (session: Observed, at: number): Observed => ({
  ...session,
  calls: session.calls.map((call) => ({ ...call, terms: call.terms.with(at, 0) })),
});
