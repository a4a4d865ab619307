/** `offgraph replay`: recorded events through the same fold, in memory. It reads files and writes findings; it can never act. */
import { Command, Option } from "commander";
import { isAtLeast, SEVERITIES, type Severity } from "../../schemas/ids.ts";
import { settingsFile } from "../settings/config.ts";
import { readBaselineFile } from "./baseline-file.ts";
import { EXIT, fail } from "./failure.ts";
import { type FileInputs, latenessOption, placeFiles, sourceOption } from "./inputs.ts";
import { type LineFile, lineFile } from "./line-file.ts";
import { type CommandOptions, configOption, jsonOption, settingsOf } from "./options.ts";
import { progressBar } from "./progress.ts";
import { type ReadingNotes, readingNotes } from "./reading-notes.ts";
import type { Outputs } from "./recorded-files.ts";
import { printSummary, type Tally, tally } from "./replay-summary.ts";
import { type NamedFile, refuseSameFile } from "./same-file.ts";
import { print } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly findings?: string;
  readonly deadLetters?: string;
  readonly truth?: string;
  readonly fromBaseline?: string;
  readonly key?: string;
  readonly failOn?: Severity;
}

const EXAMPLES = `
Examples:
  offgraph replay trail.ndjson.gz --source cloudtrail                  what it would have found, as a table
  offgraph replay --source cloudtrail t.gz --source offgraph own.zst   two sources, merged by event time
  offgraph replay --learn may.ndjson june.ndjson                       learn from one in silence, judge the other
  offgraph replay events.ndjson --findings out.ndjson --json           for scripts: one JSON object

The same files and settings give the same findings, byte for byte; findingsSha256 shows it.`;

/** `args` is the whole command line, whose order commander does not keep. */
export function replayCommand(args: readonly string[]): Command {
  return new Command("replay")
    .summary("what would have been found in recorded events; never acts")
    .description("what would have been found in recorded events: in memory, from an empty state; never acts")
    .argument("<files...>", "NDJSON, also .gz and .zst; - is standard input")
    .addOption(sourceOption())
    .addOption(latenessOption())
    .option("--learn <file>", "learn from this file first and say nothing; may be given again")
    .option("--from-baseline <file>", "begin with what `offgraph baseline export` wrote")
    .option(
      "--key <file>",
      "hash names with this key, such as hash.key of the data folder; needed with --from-baseline (default: a public key)",
    )
    .option("--findings <file>", "write the findings, one JSON object a line")
    .option("--dead-letters <file>", "write the records that cannot be read, with their reasons")
    .option("--truth <file>", "write the labels that a recording carries; no detector sees them")
    .addOption(
      new Option("--fail-on <severity>", "end with 1 if a finding is at least this severe").choices(
        SEVERITIES,
      ),
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText("after", EXAMPLES)
    .action(async (_files: string[], options: Options, command: Command) => {
      process.exitCode = await run(placeFiles(args.slice(1), command), options);
    });
}

async function run(inputs: FileInputs, options: Options): Promise<number> {
  refuseSameFile(...filesOf(inputs, options));
  const seen = tally();
  const notes = readingNotes();
  const outputs = openOutputs(options);
  const { figures, fault } = await replayed(inputs, options, seen, outputs, notes).catch((error: unknown) => {
    for (const file of Object.values(outputs)) file.discard();
    throw error;
  });
  // Nothing was read: there is nothing to tell, and nothing to write over what stands there.
  if (fault !== undefined && figures.events + figures.rejected === 0) {
    for (const file of Object.values(outputs)) file.discard();
    return fail(fault);
  }
  const findingsSha256 = outputs.findings.close();
  outputs.letters.close();
  outputs.truth.close();
  if (options.json) print(JSON.stringify({ ...figures, findings: seen.count, findingsSha256 }));
  else printSummary(figures, seen, notes);
  if (fault !== undefined) return fail(fault);
  const { failOn } = options;
  return failOn !== undefined && seen.worst !== undefined && isAtLeast(seen.worst, failOn)
    ? EXIT.found
    : EXIT.ok;
}

function filesOf(
  { files, learn }: FileInputs,
  options: Options,
): [inputs: NamedFile[], outputs: NamedFile[]] {
  const named = (name: string, path: string | undefined) => (path === undefined ? [] : [{ name, path }]);
  const inputs = [
    ...files.map(({ path }) => ({ name: "input", path })),
    ...learn.map(({ path }) => ({ name: "--learn", path })),
    ...named("--from-baseline", options.fromBaseline),
    ...named("--key", options.key),
    ...named("--config", settingsFile(options.config)),
  ];
  const outputs = [
    ...named("--findings", options.findings),
    ...named("--dead-letters", options.deadLetters),
    ...named("--truth", options.truth),
  ];
  return [inputs, outputs];
}

/** All of them, or none is left behind. */
function openOutputs(options: Options): Outputs {
  const opened: LineFile[] = [];
  const open = (path: string | undefined) => {
    const file = lineFile(path);
    opened.push(file);
    return file;
  };
  try {
    return {
      findings: open(options.findings),
      letters: open(options.deadLetters),
      truth: open(options.truth),
    };
  } catch (error) {
    for (const file of opened) file.discard();
    throw error;
  }
}

async function replayed(
  inputs: FileInputs,
  options: Options,
  seen: Tally,
  outputs: Outputs,
  notes: ReadingNotes,
) {
  const { replay } = await import("../replay/replay.ts");
  const { recordedFiles } = await import("./recorded-files.ts");
  const { unreadFault } = await import("./unread-files.ts");
  const { PUBLIC_KEY, readKey } = await import("../ingest/index.ts");
  const settings = await settingsOf(options);
  const key = options.key === undefined ? PUBLIC_KEY : await readKey(options.key);
  const files = recordedFiles(settings, outputs, key, notes);
  const bar = progressBar("Replaying");
  const result = await replay({
    inputs: inputs.files.map(files.open),
    learn: inputs.learn.map(files.open),
    baseline: options.fromBaseline === undefined ? [] : readBaselineFile(options.fromBaseline, key.name),
    settings,
    keyName: key.name,
    onFinding(finding) {
      seen.add(finding);
      outputs.findings.write(finding);
    },
    onProgress: bar.show,
  }).finally(bar.end);
  return { figures: result.figures, fault: result.fault ?? unreadFault(files.unread()) };
}
