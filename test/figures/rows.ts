/** Rows of figures: each with how many sessions it stands on. */
import { type Judged, type Measures, measure } from "../../services/replay/evaluate/measure.ts";
import { decimal, fourDigits, percent, within } from "../../services/replay/evaluate/wording.ts";

/** The rates that figures are asked for. */
export const RATES = [0.01, 0.05];

/** The titles of a row of figures. */
export const TITLES = [
  "",
  "benign",
  "attacks",
  "AUC",
  "caught at 1 %",
  "in time",
  "caught at 5 %",
  "in time",
  "alerts per 1,000 benign calls at 1 %",
];

/** One row: its sessions have one threshold. */
export const rowOf = (title: string, sessions: readonly Judged[]) =>
  rowOfMeasures(title, measure(sessions, RATES));

/** One row of several measurements, each weighted by its attacks: where weights, and so thresholds, differ. */
export function meanRow(title: string, parts: readonly (readonly Judged[])[]): readonly string[] {
  const all = parts.map((sessions) => measure(sessions, RATES));
  const total = all.reduce((sum, { sessions }) => sum + sessions.attack, 0);
  const mean = (figure: (measures: Measures) => number | undefined) =>
    all.reduce((sum, one) => sum + (figure(one) ?? Number.NaN) * one.sessions.attack, 0) / total;
  const at = (rate: string) => [
    percent(mean(({ atRate }) => atRate[rate]?.truePositives.value)),
    percent(mean(({ atRate }) => atRate[rate]?.inTime)),
  ];
  const benign = String(all.reduce((sum, { sessions }) => sum + sessions.benign, 0));
  const alerts = decimal(mean(({ atRate }) => atRate["0.01"]?.alertsPer1000Calls));
  return [
    title,
    benign,
    String(total),
    fourDigits(mean(({ auc }) => auc.value)),
    ...at("0.01"),
    ...at("0.05"),
    alerts,
  ];
}

function rowOfMeasures(title: string, { sessions, auc, atRate }: Measures): readonly string[] {
  const figures = RATES.flatMap((rate) => {
    const { truePositives, inTime } = atRate[String(rate)] ?? {};
    const { value, low = Number.NaN, high = Number.NaN } = truePositives ?? {};
    return [within(value, [low, high]), percent(inTime)];
  });
  const alerts = decimal(atRate["0.01"]?.alertsPer1000Calls);
  return [title, String(sessions.benign), String(sessions.attack), fourDigits(auc.value), ...figures, alerts];
}

/** A table in Markdown. */
export function markdown(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("");
}
