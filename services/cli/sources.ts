import { Command } from "commander";
import { type CommandOptions, jsonOption } from "./options.ts";
import { bold, dim, print, wrap } from "./terminal.ts";

/** The command `offgraph sources`. */
export function sourcesCommand(): Command {
  return new Command("sources")
    .summary("formats that can be read")
    .description(
      "formats that can be read, for --source; with a NAME, what is read and derived, and what is lost",
    )
    .argument("[name]", "name of a source")
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: CommandOptions) => {
      const { SOURCES, sourceNamed } = await import("../ingest/sources/index.ts");
      const shown = name === undefined ? SOURCES : [sourceNamed(name)];
      if (options.json)
        return print(JSON.stringify(shown.map(({ name, title, about }) => ({ name, title, about }))));
      for (const { name, title } of shown) print(`${bold(name.padEnd(12))}${title}`);
      if (name === undefined)
        return print(dim("\n`offgraph sources NAME` says what each reads and derives."));
      for (const line of sentences(shown[0]?.about ?? "")) print(wrap(line, "  "));
    });
}

/** The text, broken only where a line ends with a sentence: where it ends before, that was for those who read the source. */
const sentences = (text: string) => text.split(/(?<=\.)\n/).map((line) => line.replaceAll("\n", " "));
