import { Command } from "commander";
import { PROCESS_ROLES } from "../../schemas/settings-servers.ts";
import { checkFolder } from "./folder-check.ts";
import { type CommandOptions, configOption, settingsOf } from "./options.ts";
import { checkStart } from "./start-check.ts";
import { tell } from "./terminal.ts";

interface Options extends CommandOptions {
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
  readonly role?: string;
  readonly instance?: string;
}

export function startCommand(): Command {
  return new Command("start")
    .summary("run the system, or one part of it on Kafka and Redis")
    .description(
      "run the system: one process, everything in one folder, no other servers needed; or, with kafka and redis in the settings, the roles that are named, in as many processes as are wanted",
    )
    .option("--data <folder>", "folder of the log and the store (default: offgraph-data, or OFFGRAPH_DATA)")
    .option(
      "--host <address>",
      "address to listen on; anything but loopback needs tokens (default: 127.0.0.1)",
    )
    .option("--port <number>", "port to listen on; 0 takes a free one (default: 7070)")
    .option(
      "--role <roles>",
      `what this process runs, with commas in between: ${PROCESS_ROLES.join(", ")} (default: all)`,
    )
    .option(
      "--instance <name>",
      "name of this process in its consumer groups, the same after a restart: it then takes its partitions back at once",
    )
    .addOption(configOption())
    .action(start);
}

async function start(given: Options): Promise<void> {
  const options = {
    data: { option: "--data", value: given.data },
    "http.host": { option: "--host", value: given.host },
    "http.port": { option: "--port", value: given.port },
    roles: { option: "--role", value: given.role },
    "kafka.instanceId": { option: "--instance", value: given.instance },
  };
  const settings = await settingsOf(given, { options });
  const secrets = checkStart(settings);
  if (settings.kafka === undefined) await checkFolder(settings);
  const telemetry = await telemetryOf(settings, secrets);
  const { createLogger, startSystem } = await import("../main.ts");
  const logger = createLogger(settings.log.level);
  const system = await startSystem({ settings, secrets, logger });
  if (process.stderr.isTTY)
    tell(`Offgraph listens on ${system.url}; Ctrl-C stops it. \`offgraph demo\` shows what it does.`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void system.stop());
  await system.done.finally(() => telemetry.stop());
  // A collector that has not answered by now keeps its connection open, and nothing else does.
  setTimeout(() => process.exit(), 0).unref();
}
