/** An evaluation as people read it. */
import type { Figures, Outcome } from "../replay/evaluate/outcome.ts";
import { bold, dim, print, safe, table } from "./terminal.ts";

/** What was asked, as far as it says how to read the figures. */
interface Asked {
  readonly workflow: boolean;
  readonly provenance?: true;
  readonly json?: string;
}

/** Rows of one table; more are in the file. */
const MOST_ROWS = 12;

export function printEvaluation(outcome: Outcome, { workflow, provenance, json }: Asked): void {
  const { sessions, learnedFrom, seconds } = outcome;
  print(
    `${bold(number(sessions.benign + sessions.attack + sessions.resisted))} sessions judged by what ${bold(number(learnedFrom))} taught, in ${seconds} s`,
  );
  print(
    dim(
      `${workflow ? "workflows declared" : "no workflow declared"}; ${provenance ? "origin of arguments known" : "no content seen"}`,
    ),
  );
  print();
  printTable("sessions", [["all", outcome]], outcome);
  printTable("agent", Object.entries(outcome.perAgent), outcome);
  printTable("model", Object.entries(outcome.perModel), outcome);
  printPromises(outcome);
  print(
    `${table(
      ["learned from", "AUC"],
      outcome.learningCurve.map(({ sessions: count, auc }) => [count, share(auc)]),
    )}\n`,
  );
  if (json === undefined)
    print(dim("--json FILE writes all figures, each workflow's too, and the score of each session."));
  else print(`Figures: ${json}\nScores of each session: ${outcome.scores}`);
}

function printTable(
  title: string,
  rows: readonly (readonly [string, Figures])[],
  { tprAtFpr }: Outcome,
): void {
  const rates = Object.keys(tprAtFpr);
  const titles = [
    title,
    "benign",
    "attacks",
    "AUC",
    ...rates.flatMap((rate) => [`caught at ${percent(Number(rate))}`, "in time"]),
    "alerts/1000 calls",
  ];
  const cells = rows
    .slice(0, MOST_ROWS)
    .map(([name, figures]) => [
      safe(name),
      figures.sessions.benign,
      figures.sessions.attack,
      share(figures.auc),
      ...rates.flatMap((rate) => [caught(figures, rate), percent(figures.inTime[rate])]),
      decimal(figures.alertsPer1000Calls),
    ]);
  print(`${table(titles, cells)}\n`);
}

function caught({ tprAtFpr, intervals }: Figures, rate: string): string {
  const [low = Number.NaN, high = Number.NaN] = intervals.tprAtFpr[rate] ?? [];
  if (Number.isNaN(tprAtFpr[rate] ?? Number.NaN)) return "-";
  return `${percent(tprAtFpr[rate])} (${decimal(low * 100)} to ${decimal(high * 100)})`;
}

function printPromises({ calibrated }: Outcome): void {
  const rows = calibrated.map(({ promised, realised, spread, tpr, unjudged }) => [
    percent(promised),
    `${percent(realised)} ± ${decimal(spread * 100)}`,
    percent(tpr),
    percent(unjudged),
  ]);
  print(`${table(["promised false alerts", "realised", "caught", "too little to judge by"], rows)}\n`);
}

const number = (value: number) => value.toLocaleString("en");
const share = (value: number) => (Number.isNaN(value) ? "-" : value.toFixed(4));
const decimal = (value: number) => (Number.isNaN(value) ? "-" : value.toFixed(1));
const percent = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? "-" : `${decimal(value * 100)} %`;
