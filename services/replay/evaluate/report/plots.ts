/** The plots of an evaluation. */
import type { CurvePoint } from "../evaluate.ts";
import type { EvaluationOutcome, Figures } from "../outcome.ts";
import { percent } from "../wording.ts";
import { type Axis, type Colour, type Line, lineChart, type RowValue, rowChart } from "./chart.ts";
import type { Markup } from "./markup.ts";

const SHARE: Pick<Axis, "type" | "domain" | "format"> = { type: "linear", domain: [0, 1], format: "~%" };
/** Rates of false alerts below this are drawn at it: a logarithm has no 0. */
const LEAST_RATE = 0.001;

/** False alerts against detections, with the asked rates marked. */
export function rocPlot({ roc, tprAtFpr }: EvaluationOutcome): Promise<Markup> {
  const rates = Object.entries(tprAtFpr).flatMap(([rate, y]) =>
    Number.isNaN(y) ? [] : [{ x: Number(rate), y }],
  );
  const guessing = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1].map((rate) => ({
    x: rate,
    y: rate,
  }));
  return lineChart(
    "Share of attacks caught against the share of benign sessions that alert",
    {
      title: "benign sessions that alert",
      ...SHARE,
      type: "log",
      domain: [LEAST_RATE, 1],
      values: [0.001, 0.01, 0.1, 1],
    },
    { title: "attacks caught", ...SHARE },
    [
      { colour: "muted", isDashed: true, points: guessing },
      {
        colour: "attack",
        shape: "step-after",
        points: roc.map(({ fpr, tpr }) => ({ x: Math.max(fpr, LEAST_RATE), y: tpr })),
      },
      ...rates.map((point): Line => ({ colour: "ink", hasDots: true, points: [point] })),
    ],
  );
}

/** How the scores of benign sessions, attacks and resisted attacks lie, and where the thresholds are. */
export function distributionPlot({
  distribution,
  sessions,
  thresholdAtFpr,
}: EvaluationOutcome): Promise<Markup> {
  const [from, to] = [distribution[0]?.from ?? 0, distribution.at(-1)?.to ?? 1];
  const share = (name: "benign" | "attack" | "resisted") =>
    distribution.map((bin) => ({ x: bin.from, y: bin[name] / Math.max(1, sessions[name]) }));
  const lines = (["resisted", "benign", "attack"] as const).map(
    (name): Line => ({ colour: name, shape: "step-after", points: [...share(name), { x: to, y: 0 }] }),
  );
  const top = Math.max(...lines.flatMap(({ points }) => points.map(({ y }) => y)), 0.01);
  const marks = Object.values(thresholdAtFpr).filter(Number.isFinite);
  return lineChart(
    "Share of sessions by the score of their worst call",
    { title: "score (log-odds of the worst call)", type: "linear", domain: [from, to] },
    { title: "share of sessions", ...SHARE, domain: [0, top] },
    [
      ...marks.map(
        (x): Line => ({
          colour: "muted",
          isDashed: true,
          points: [
            { x, y: 0 },
            { x, y: top },
          ],
        }),
      ),
      ...lines,
    ],
  );
}

/** Promised and realised rates, of all sessions and of each agent. */
export function promisePlot(outcome: EvaluationOutcome): Promise<Markup> {
  const parts = [["all", outcome] as const, ...Object.entries(outcome.perAgent)];
  const values = parts.flatMap(([name, { calibrated }]) =>
    calibrated.flatMap(({ promised, realised, spread }): RowValue[] => {
      if (Number.isNaN(realised)) return [];
      const label = `${name}, ${percent(promised)}`;
      const interval = { low: Math.max(0, realised - spread), high: realised + spread };
      return [
        { label, colour: "muted", value: promised, isMark: true },
        { label, colour: "benign", value: realised, ...interval },
      ];
    }),
  );
  const most = Math.max(0.01, ...values.map(({ value, high = value }) => high));
  return rowChart(
    "False alerts promised and realised",
    { title: "benign sessions that alert", ...SHARE, type: "sqrt", domain: [0, most * 1.1] },
    values,
  );
}

/** What less history would have done. */
export function learningPlot({ learningCurve, tprAtFpr }: EvaluationOutcome): Promise<Markup> {
  const points = (figure: (point: CurvePoint) => number | undefined) =>
    learningCurve.flatMap((point) => {
      const y = figure(point);
      return y === undefined || Number.isNaN(y) ? [] : [{ x: Math.max(1, point.sessions), y }];
    });
  const colours: readonly Colour[] = ["attack", "third", "resisted"];
  const ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
  const sizes = learningCurve.map(({ sessions }) => Math.max(1, sessions));
  return lineChart(
    "AUC and detections against how many sessions were learned from",
    {
      title: "sessions learned from",
      type: "log",
      domain: [Math.min(...sizes) * 0.8, Math.max(...sizes) * 1.2],
      values: ticks,
      format: ",",
    },
    { title: "AUC; attacks caught", ...SHARE },
    [
      { colour: "ink", hasDots: true, points: points(({ auc }) => auc) },
      ...Object.keys(tprAtFpr).map(
        (rate, at): Line => ({
          colour: colours[at % colours.length] ?? "resisted",
          hasDots: true,
          points: points((point) => point.tprAtFpr[rate]),
        }),
      ),
    ],
  );
}

/** Most rows of one plot; the tables have them all. */
const MOST_ROWS = 15;

/** How much is caught of each part at the first rate, with its interval. */
export function partsPlot(parts: Readonly<Record<string, Figures>>, rate: string): Promise<Markup> {
  const values = Object.entries(parts).flatMap(([label, { tprAtFpr, intervals }]): RowValue[] => {
    const [value, [low, high] = [Number.NaN, Number.NaN]] = [tprAtFpr[rate], intervals.tprAtFpr[rate]];
    if (value === undefined || Number.isNaN(value)) return [];
    return [{ label, colour: "attack", value, ...(Number.isNaN(low) ? {} : { low, high }) }];
  });
  return rowChart(
    "Share of attacks caught of each part",
    { title: `attacks caught at ${percent(Number(rate))}`, ...SHARE },
    values.slice(0, MOST_ROWS),
  );
}

/** What each term adds to the worst calls of benign sessions and of attacks. */
export function termsPlot({ terms }: EvaluationOutcome): Promise<Markup> {
  const values = terms.flatMap(({ name, points }): RowValue[] => [
    { label: name, colour: "benign", value: points.benign },
    { label: name, colour: "attack", value: points.attack },
  ]);
  const known = values.filter(({ value }) => !Number.isNaN(value));
  const numbers = known.map(({ value }) => value);
  return rowChart(
    "Points that each term adds on average",
    {
      title: "log-odds added on average",
      type: "linear",
      domain: [Math.min(0, ...numbers) - 0.1, Math.max(0.1, ...numbers) + 0.1],
    },
    known,
  );
}
