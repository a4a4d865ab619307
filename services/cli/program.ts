/** What `offgraph` understands. Commands load what they need when they run, so that --help is quick. */
import { Command } from "commander";
import { version } from "../version.ts";
import { agentsCommand } from "./agents.ts";
import { auditCommand } from "./audit.ts";
import { baselineCommand } from "./baseline.ts";
import { configCommand } from "./config.ts";
import { quarantineCommand, releaseCommand } from "./contain.ts";
import { contractCommand } from "./contract.ts";
import { deadLettersCommand } from "./dead-letters.ts";
import { demoCommand } from "./demo.ts";
import { denialsCommand } from "./denials.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain.ts";
import { EXIT_HELP, fail } from "./failure.ts";
import { findingsCommand } from "./findings.ts";
import { incidentsCommand } from "./incidents.ts";
import { ingestCommand } from "./ingest.ts";
import { repartitionCommand } from "./repartition.ts";
import { replayCommand } from "./replay.ts";
import { sourcesCommand } from "./sources.ts";
import { startCommand } from "./start.ts";
import { tuneCommand } from "./tune.ts";

const HELP = `
Begin here:
  offgraph demo                                        see it at work, in half a minute
  offgraph replay trail.ndjson.gz --source cloudtrail  what would it have found? reads files, never acts
  offgraph start                                       run it: one process, no servers, on 127.0.0.1:7070
  offgraph ingest events.ndjson                        send events to it
  offgraph findings --follow                           watch

\`offgraph COMMAND --help\` explains each. Most print JSON for scripts with --json; evaluate writes it to a file.

${EXIT_HELP}`;

/** All commands. `args` is the command line behind the program's name, whose order some of them need. */
export function program(args: readonly string[]): Command {
  const all = new Command("offgraph")
    .description(
      "Watches the identities of AI agents and other workloads, and stops them when they leave their path.",
    )
    .version(version(), "--version", "print the version")
    .helpOption("--help", "explain the command")
    .addHelpText("after", HELP);
  all
    .commandsGroup("Try and run:")
    .addCommand(demoCommand())
    .addCommand(startCommand())
    .addCommand(ingestCommand(args))
    .addCommand(replayCommand(args))
    .addCommand(evaluateCommand());
  all
    .commandsGroup("See:")
    .addCommand(findingsCommand())
    .addCommand(explainCommand())
    .addCommand(incidentsCommand())
    .addCommand(agentsCommand())
    .addCommand(denialsCommand());
  all.addCommand(auditCommand()).addCommand(baselineCommand()).addCommand(deadLettersCommand());
  all
    .commandsGroup("Act:")
    .addCommand(quarantineCommand())
    .addCommand(releaseCommand())
    .addCommand(contractCommand());
  all
    .commandsGroup("Set up:")
    .addCommand(configCommand())
    .addCommand(tuneCommand())
    .addCommand(doctorCommand())
    .addCommand(sourcesCommand())
    .addCommand(repartitionCommand());
  endAlike(all);
  return all;
}

/** Sub-commands that were added whole do not inherit how errors end: all are told by `fail`. */
function endAlike(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .helpOption("--help", "explain the command")
    .helpCommand(false);
  for (const inner of command.commands) endAlike(inner);
}

/** Runs the command in `args`; what it is to end with is in `process.exitCode`. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await program(args).parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = fail(error);
  }
}
