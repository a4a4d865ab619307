/** `offgraph tune`: settings that fit what was recorded. It reads files and writes settings; nothing takes effect by itself. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { EXIT } from "./failure.ts";
import { type CommandOptions, configOption, settingsOf } from "./options.ts";
import { progressBar } from "./progress.ts";
import { refuseSameFile } from "./same-file.ts";
import { print, tell } from "./terminal.ts";

interface Options extends Pick<CommandOptions, "config"> {
  readonly output?: string;
}

const EXAMPLES = `
The files are in the recorded-session format (offgraph sources sessions), with sessions labelled benign and executed, at least 20
of each; at best from several models. Each session is judged by what was learned from the other models, so that the weights hold
for one that is yet to come.

Examples:
  offgraph tune fit history.ndjson --output weights.yaml
  offgraph evaluate --config weights.yaml --train history.ndjson --test other.ndjson      what they are worth
  offgraph start --config weights.yaml                                                    with other settings beside them`;

/** The command `offgraph tune`, with what is under it. */
export function tuneCommand(): Command {
  const fit = new Command("fit")
    .description("weights of the evidence from labelled recordings, as settings")
    .argument("<files...>", "labelled recordings, also .gz and .zst")
    .option("--output <file>", "write to this file instead of standard output")
    .addOption(configOption())
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], options: Options) => {
      process.exitCode = await run(files, options);
    });
  return new Command("tune").description("settings that fit what was recorded").addCommand(fit);
}

async function run(files: readonly string[], options: Options): Promise<number> {
  const { output } = options;
  const inputs = files.map((path) => ({ name: "input", path }));
  refuseSameFile(inputs, output === undefined ? [] : [{ name: "--output", path: output }]);
  const weights = await fitted(files, options);
  const { stringify } = await import("yaml");
  const text = stringify({ detectors: { "out-of-graph": { evidence: "on", weights } } });
  if (output === undefined) print(text.trimEnd());
  else {
    writeFileSync(output, text);
    tell(`Written to ${output}: settings, to be merged into yours.`);
  }
  return EXIT.ok;
}

async function fitted(files: readonly string[], options: Options) {
  const { tuned } = await import("../replay/evaluate/tune.ts");
  const { PUBLIC_KEY } = await import("../ingest/index.ts");
  const { reader } = await import("./evaluate-files.ts");
  const settings = await settingsOf(options.config === undefined ? {} : { config: options.config });
  const labelled = await reader(settings, PUBLIC_KEY)(files);
  const told = { hasWorkflow: true, hasProvenance: true, secret: PUBLIC_KEY.secret };
  const bar = progressBar("Fitting");
  const { length } = labelled.sessions;
  return tuned({ told, settings, weights: "shipped" }, labelled, (_stage, done, total) =>
    bar.show(done, total, length),
  ).finally(bar.end);
}
