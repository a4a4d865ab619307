import { createHash, randomBytes } from "node:crypto";
import { Command } from "commander";
import type { Settings } from "../../schemas/settings.ts";
import { printSettings, settingsFile } from "../settings/config.ts";
import { type CommandOptions, configOption, jsonOption, settingsOf } from "./options.ts";
import { checkStart } from "./start-check.ts";
import { print } from "./terminal.ts";

/** The command `offgraph config`, with what is under it. */
export function configCommand(): Command {
  const command = new Command("config").description("check and show the settings, make an access token");
  command.addCommand(
    shared("check", "check offgraph.yaml and all that `start` needs; every fault with its place").action(
      check,
    ),
  );
  command.addCommand(
    shared("print", "all settings with their defaults, as YAML, secrets hidden").action(printAll),
  );
  command.addCommand(
    new Command("token")
      .description("make an access token and the entry for http.tokens")
      .addOption(jsonOption())
      .action(token),
  );
  command.addCommand(
    new Command("init")
      .summary("make keys, access tokens and settings for several processes")
      .description(
        "make in a folder what several processes share: keys, access tokens, and offgraph.yaml, which is the settings file with them in it; what is there already stays",
      )
      .argument("<folder>", "where they are made; each process then takes FOLDER/offgraph.yaml")
      .addOption(configOption())
      .action(async (folder: string, options: CommandOptions) =>
        (await import("./config-init.ts")).init(folder, options),
      ),
  );
  return command;
}

const shared = (name: string, description: string) =>
  new Command(name).description(description).addOption(configOption()).addOption(jsonOption());

async function check(options: CommandOptions): Promise<void> {
  const settings = await settingsOf(options);
  checkStart(settings);
  const file = settingsFile(options.config) ?? null;
  const sources = await placesOf(settings);
  if (options.json) return print(JSON.stringify({ ok: true, file, sources }));
  print(`${file ?? "There is no settings file; the defaults"}: fine`);
  for (const { source, format, topics, group, brokers } of sources)
    print(
      `  source ${source}: ${topics.join(", ")} at ${brokers.join(", ")}, read as ${format} by group ${group}`,
    );
  if (sources.length > 0) print("`offgraph doctor` asks the brokers whether these topics are there.");
}

/** Where the sources lie. The adapters are loaded only where there are some. */
async function placesOf({ sources, kafka }: Settings) {
  if (sources.length === 0) return [];
  const { sourcePlace: placeOf } = await import("../adapters/servers.ts");
  return sources.map((source) => placeOf(source, kafka));
}

async function printAll(options: CommandOptions): Promise<void> {
  const { parse } = await import("yaml");
  const text = printSettings(await settingsOf(options));
  print(options.json ? JSON.stringify(parse(text)) : text.trimEnd());
}

/** 32 random bytes: so many that a plain SHA-256 of them cannot be searched. */
function token(options: CommandOptions): void {
  const value = `og_${randomBytes(32).toString("base64url")}`;
  const sha256 = createHash("sha256").update(value).digest("hex");
  if (options.json) {
    print(JSON.stringify({ token: value, sha256 }));
    return;
  }
  print(`Token, shown only this once: ${value}`);
  print("Keep it in a file and name that in OFFGRAPH_TOKEN_FILE. In offgraph.yaml:\n");
  print(
    `http:\n  tokens:\n    - name: my-token\n      sha256: ${sha256}\n      roles: [read]   # ingest, read, act, check`,
  );
}
