/** An evaluation as people read it. */
import type { EvaluationOutcome, Figures } from "../replay/evaluate/outcome.ts";
import { count, decimal, fourDigits, percent, within } from "../replay/evaluate/wording.ts";
import { bold, dim, print, safe, table } from "./terminal.ts";

/** What was asked, as far as it says how to read the figures. */
interface Asked {
  readonly workflow: boolean;
  readonly provenance?: true;
  readonly json?: string;
}

/** Share of sessions without a judgement from which something should be changed. */
const MOST_UNJUDGED = 0.2;
/** Rows of one table; more are in the file. */
const MOST_ROWS = 12;

/** Prints the figures, and what was asked for. */
export function printEvaluation(outcome: EvaluationOutcome, { workflow, provenance, json }: Asked): void {
  const { sessions, learnedFrom, seconds } = outcome;
  print(
    `${bold(count(sessions.benign + sessions.attack + sessions.resisted))} sessions judged by what ${bold(count(learnedFrom))} taught, in ${seconds} s`,
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
      outcome.learningCurve.map(({ sessions: learned, auc }) => [learned, fourDigits(auc)]),
    )}\n`,
  );
  if (json === undefined)
    print(dim("--json FILE writes all figures, each workflow's too, and the score of each session."));
  else print(`Figures: ${json}\nScores of each session: ${outcome.scores}`);
}

function printTable(
  title: string,
  rows: readonly (readonly [string, Figures])[],
  { tprAtFpr }: EvaluationOutcome,
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
      fourDigits(figures.auc),
      ...rates.flatMap((rate) => [
        within(figures.tprAtFpr[rate], figures.intervals.tprAtFpr[rate] ?? [Number.NaN, Number.NaN]),
        percent(figures.inTime[rate]),
      ]),
      decimal(figures.alertsPer1000Calls),
    ]);
  print(`${table(titles, cells)}\n`);
}

function printPromises({ calibrated }: EvaluationOutcome): void {
  const rows = calibrated.map(({ promised, realised, spread, tpr, unjudged }) => [
    percent(promised),
    `${percent(realised)} ± ${decimal(spread * 100)}`,
    percent(tpr),
    percent(unjudged),
  ]);
  print(`${table(["promised false alerts", "realised", "caught", "too little to judge by"], rows)}\n`);
  if (calibrated.some(({ unjudged }) => unjudged > MOST_UNJUDGED))
    print(
      `Too few benign sessions for such a low rate of false alerts: add some to --train or --calibrate-on, or promise a higher rate (--at-fpr).\n`,
    );
}
