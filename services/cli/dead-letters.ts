import { Command } from "commander";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import { type CommandOptions, clientOf, count, remote } from "./options.ts";
import { bold, dim, print, safe, wrap } from "./terminal.ts";

/** The command `offgraph dead-letters`. */
export function deadLettersCommand(): Command {
  return remote(new Command("dead-letters"))
    .summary("records that cannot be read, with the reason")
    .description("records that were set aside because they cannot be read, with the reason; newest last")
    .option("--limit <number>", "how many of the newest", count, 20)
    .action(async (options: CommandOptions & { limit: number }) => {
      const { deadLetters } = await clientOf(options).get<{ deadLetters: DeadLetter[] }>(
        `/v1/dead-letters?limit=${options.limit}`,
      );
      if (options.json) return print(JSON.stringify(deadLetters));
      if (deadLetters.length === 0) print(dim("Nothing was set aside."));
      for (const letter of deadLetters.toReversed()) show(letter);
    });
}

function show(letter: DeadLetter): void {
  const line = letter.line === undefined ? "" : `:${letter.line}`;
  print(`${bold(letter.code)}  ${safe(letter.place)}${line}  ${dim(`${letter.source}, ${letter.time}`)}`);
  print(wrap(safe(letter.message), "  "));
  print(dim(`  ${safe(letter.excerpt.slice(0, 100))}`));
}
