import { Command } from "commander";
import { OffgraphError } from "../../schemas/errors.ts";
import { closest } from "../closest.ts";
import { type CommandOptions, jsonOption } from "./options.ts";
import { bold, dim, print, wrap } from "./terminal.ts";

export function sourcesCommand(): Command {
  return new Command("sources")
    .summary("formats that can be read")
    .description(
      "formats that can be read, for --source; with a NAME, what is read and derived, and what is lost",
    )
    .argument("[name]", "name of a source")
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: CommandOptions) => {
      const { SOURCES } = await import("../ingest/sources/index.ts");
      const shown = [...SOURCES].filter((source) => name === undefined || source.name === name);
      if (name !== undefined && shown.length === 0) throw unknown(name, SOURCES);
      if (options.json)
        return print(JSON.stringify(shown.map(({ name, title, about }) => ({ name, title, about }))));
      for (const { name, title } of shown) print(`${bold(name.padEnd(12))}${title}`);
      if (name === undefined)
        return print(dim("\n`offgraph sources NAME` says what each reads and derives."));
      for (const line of (shown[0]?.about ?? "").split("\n")) print(wrap(line, "  "));
    });
}

function unknown(name: string, sources: readonly { name: string }[]): OffgraphError {
  const names = sources.map((source) => source.name);
  const meant = closest(name, names);
  return new OffgraphError(
    "unknown-source",
    `${name}: ${meant ? `did you mean ${meant}?` : `expected one of ${names.join(", ")}`}`,
  );
}
