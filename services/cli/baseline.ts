import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { edgeCommand } from "./baseline-edges.ts";
import { confirmHeldCommand, releaseHeldCommand } from "./baseline-held.ts";
import { importCommand, undoCommand } from "./baseline-restore.ts";
import { approveRolloutCommand } from "./baseline-rollout.ts";
import { type CommandOptions, clientOf, remote } from "./options.ts";
import { tell } from "./terminal.ts";

/** The command `offgraph baseline`, with what is under it. */
export function baselineCommand(): Command {
  const exporting = remote(new Command("export"))
    .description(
      "what was learned about all agents, one JSON object a line; `offgraph replay --from-baseline FILE` begins with it",
    )
    .option("--output <file>", "write to this file instead of standard output")
    .action(async (options: CommandOptions & { output?: string }) => {
      const { body } = await clientOf(options).open("/v1/baseline");
      if (body === null) return;
      await pipeline(
        Readable.fromWeb(body),
        options.output ? createWriteStream(options.output) : process.stdout,
        { end: options.output !== undefined },
      );
      if (options.output) tell(`Written to ${options.output}.`);
    });
  return new Command("baseline")
    .summary("what was learned: approve, deny, approve-rollout, release, confirm, undo, export, import")
    .description("a person's word about what was learned, and what was learned as a file")
    .addCommand(releaseHeldCommand())
    .addCommand(confirmHeldCommand())
    .addCommand(edgeCommand("approve"))
    .addCommand(edgeCommand("deny"))
    .addCommand(approveRolloutCommand())
    .addCommand(undoCommand())
    .addCommand(exporting)
    .addCommand(importCommand());
}
