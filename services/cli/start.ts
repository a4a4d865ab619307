import { Command } from "commander";
import { checkFolder } from "./folder-check.ts";
import { type CommandOptions, configOption, settingsOf } from "./options.ts";
import { checkStart } from "./start-check.ts";
import { tell } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
}

export function startCommand(): Command {
  return new Command("start")
    .summary("run the system: one process, one folder")
    .description("run the system: one process, everything in one folder, no other servers needed")
    .option("--data <folder>", "folder of the log and the store (default: offgraph-data, or OFFGRAPH_DATA)")
    .option(
      "--host <address>",
      "address to listen on; anything but loopback needs tokens (default: 127.0.0.1)",
    )
    .option("--port <number>", "port to listen on; 0 takes a free one (default: 7070)")
    .addOption(configOption())
    .action(start);
}

async function start(given: Options): Promise<void> {
  const options = {
    data: { option: "--data", value: given.data },
    "http.host": { option: "--host", value: given.host },
    "http.port": { option: "--port", value: given.port },
  };
  const settings = await settingsOf(given, { options });
  const secrets = checkStart(settings);
  await checkFolder(settings);
  const { createLogger, startSystem } = await import("../main.ts");
  const logger = createLogger(settings.log.level);
  const system = await startSystem({ settings, secrets, logger });
  if (process.stderr.isTTY)
    tell(`Offgraph listens on ${system.url}; Ctrl-C stops it. \`offgraph demo\` shows what it does.`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void system.stop());
  await system.done;
}
