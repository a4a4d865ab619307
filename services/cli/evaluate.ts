/** `offgraph evaluate`: how good detection is on labelled recordings. It reads files and writes figures; it can never act. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { NamedTable } from "../../detectors/evidence/weights.ts";
import type { EvaluationOutcome } from "../replay/evaluate/outcome.ts";
import { printEvaluation } from "./evaluate-summary.ts";
import { EXIT } from "./failure.ts";
import { lineFile } from "./line-file.ts";
import { type CommandOptions, configOption, settingsOf } from "./options.ts";
import { progressBar } from "./progress.ts";
import { refuseSameFile } from "./same-file.ts";
import { writeText } from "./text-file.ts";

interface Options extends Omit<CommandOptions, "json"> {
  readonly train: readonly string[];
  readonly test: readonly string[];
  readonly fit?: readonly string[];
  readonly calibrateOn?: readonly string[];
  readonly atFpr: readonly number[];
  readonly workflow: boolean;
  readonly provenance?: true;
  readonly trainUnlabelled?: true;
  readonly json?: string;
  readonly html?: string;
  readonly csv?: string;
}

const EXAMPLES = `
How it works: a baseline is learned from the benign sessions of --train. Each session of --test is then scored, call by call, by
the same detectors that run live; nothing is learned from it. Only the scorer sees the labels of --test.

The figures:
  AUC                 chance that an attack scores higher than a benign session; 0.5 is guessing
  caught at 1 %       share of attacks above the score that 1 % of benign sessions exceed (read on the test set)
  in time             share of these that were above it no later than at the first malicious call
  promised, realised  the same with thresholds from scores of --train alone, each agent's own, of which one trust unit can raise
                      none: is the promise kept on sessions it has never seen? On average over 20 splits of these scores

Files are in the recorded-session format (offgraph sources sessions), also .gz and .zst. Labels: benign and executed count;
resisted is told apart; success_unlocated is left out.

Examples:
  offgraph evaluate --train may.ndjson --test june.ndjson --json june.json --html june.html
  offgraph evaluate --train may.ndjson --fit may.ndjson --test june.ndjson    with weights fitted to this history
  offgraph evaluate --train may.ndjson --test june.ndjson --no-workflow       what is lost where no workflow is declared`;

/** The command `offgraph evaluate`. */
export function evaluateCommand(): Command {
  return new Command("evaluate")
    .summary("how good detection is on labelled recordings; never acts")
    .description("how good detection is on labelled recordings: in memory, from an empty state; never acts")
    .requiredOption("--train <files...>", "learn from the benign sessions of these")
    .requiredOption("--test <files...>", "judge the sessions of these")
    .option(
      "--fit <files...>",
      "fit the weights on these labelled files (default: the weights of the settings)",
    )
    .option(
      "--calibrate-on <files...>",
      "calibrate on the benign sessions of these (default: those of --train)",
    )
    .option("--train-unlabelled", "learn from all sessions of --train, as in the field")
    .option("--no-workflow", "do not tell the detectors which workflow was declared")
    .option("--provenance", "tell the detectors where arguments came from, as a gateway can")
    .addOption(
      new Option("--at-fpr <rates>", "rates of false alerts, with commas between")
        .argParser(rates)
        .default([0.01, 0.05], "0.01,0.05"),
    )
    .option(
      "--json <file>",
      "write the figures; the score of each session is written beside it, as .scores.ndjson",
    )
    .option("--html <file>", "write a report with plots, to be opened in a browser; it needs no network")
    .option("--csv <file>", "write the score of each session for a spreadsheet")
    .addOption(configOption())
    .addHelpText("after", EXAMPLES)
    .action(async (options: Options) => {
      process.exitCode = await run(options);
    });
}

function rates(text: string): readonly number[] {
  const all = text.split(",").map(Number);
  if (all.every((rate) => rate > 0 && rate < 1)) return all;
  throw new InvalidArgumentError("expected shares between 0 and 1, such as 0.01,0.05");
}

async function run(options: Options): Promise<number> {
  const scoresPath = options.json?.replace(/(\.json)?$/, ".scores.ndjson");
  refuse(options, scoresPath);
  const started = performance.now();
  const evaluation = await evaluated(options);
  const { evaluationOutcome: outcomeOf, scoreLines } = await import("../replay/evaluate/outcome.ts");
  const scores = lineFile(scoresPath);
  for (const line of scoreLines(evaluation)) scores.write(line);
  scores.close();
  const seconds = (performance.now() - started) / 1000;
  const outcome = outcomeOf(evaluation, scoresPath ?? "", Number(seconds.toFixed(1)));
  writeJson(options.json, outcome);
  if (options.csv !== undefined) {
    const { csvOf } = await import("../replay/evaluate/csv.ts");
    writeText(options.csv, csvOf(scoreLines(evaluation), Object.keys(outcome.tprAtFpr)));
  }
  if (options.html !== undefined) await writeReport(options.html, outcome, options);
  printEvaluation(outcome, options);
  return EXIT.ok;
}

async function writeReport(path: string, outcome: EvaluationOutcome, options: Options): Promise<void> {
  // The library that draws is loaded only where something is drawn.
  const { reportPage } = await import("../replay/evaluate/report/page.ts");
  const { train, test, fit, calibrateOn, workflow, provenance = false } = options;
  const files = { train, test, ...(fit && { fit }), ...(calibrateOn && { "calibrate on": calibrateOn }) };
  writeText(path, await reportPage(outcome, { hasWorkflow: workflow, hasProvenance: provenance, files }));
}

function writeJson(path: string | undefined, outcome: EvaluationOutcome): void {
  const file = lineFile(path);
  file.write(outcome);
  file.close();
}

function refuse(
  { train, test, fit = [], calibrateOn = [], json, html, csv }: Options,
  scores: string | undefined,
): void {
  const named = (name: string, paths: readonly (string | undefined)[]) =>
    paths.flatMap((path) => (path === undefined ? [] : [{ name, path }]));
  refuseSameFile(
    [
      ...named("--train", train),
      ...named("--test", test),
      ...named("--fit", fit),
      ...named("--calibrate-on", calibrateOn),
    ],
    [
      ...named("--json", [json]),
      ...named("the scores", [scores]),
      ...named("--html", [html]),
      ...named("--csv", [csv]),
    ],
  );
}

async function evaluated(options: Options) {
  const { evaluate } = await import("../replay/evaluate/evaluate.ts");
  const { PUBLIC_KEY } = await import("../ingest/index.ts");
  const { reader } = await import("./evaluate-files.ts");
  const settings = await settingsOf(options.config === undefined ? {} : { config: options.config });
  const { weights } = (settings.detectors["out-of-graph"] ?? {}) as { weights?: NamedTable | "shipped" };
  const read = reader(settings, PUBLIC_KEY);
  const [train, test] = [await read(options.train), await read(options.test)];
  const [fit, calibrateOn] = [
    options.fit && (await read(options.fit)),
    options.calibrateOn && (await read(options.calibrateOn)),
  ];
  const bar = progressBar("Evaluating");
  const told = {
    hasWorkflow: options.workflow,
    hasProvenance: options.provenance ?? false,
    secret: PUBLIC_KEY.secret,
  };
  return evaluate({
    course: { told, settings, weights: weights ?? "shipped" },
    train,
    test,
    fit,
    calibrateOn,
    isUnlabelled: options.trainUnlabelled ?? false,
    rates: options.atFpr,
    onStage: (_stage, done, total) => bar.show(done, total, train.sessions.length),
  }).finally(bar.end);
}
