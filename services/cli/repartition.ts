import { Command } from "commander";
import { type CommandOptions, configOption, count, jsonOption } from "./options.ts";

/** Values of the command's options. */
export interface RepartitionOptions extends CommandOptions {
  readonly to: number;
  readonly yes?: true;
}

/** The command `offgraph repartition`. */
export function repartitionCommand(): Command {
  return new Command("repartition")
    .summary("give a stopped system on Kafka and Redis more partitions")
    .description(
      "give a system on Kafka and Redis more partitions: stop it, ingest first and the others when they have nothing left to do; then run this. Without --yes it only looks. It may be broken off and run again",
    )
    .requiredOption("--to <number>", "how many partitions there are to be", count)
    .option("--yes", "do it")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options: RepartitionOptions) =>
      (await import("./repartition-run.ts")).repartition(options),
    );
}
