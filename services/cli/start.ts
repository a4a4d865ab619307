import { Command } from "commander";
import type { Logger } from "pino";
import type { Settings } from "../../schemas/settings.ts";
import { PROCESS_ROLES } from "../../schemas/settings-servers.ts";
import { exportingOf } from "../settings/config.ts";
import type { Secrets } from "../settings/secrets.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { checkFolder } from "./folder-check.ts";
import { type CommandOptions, configOption, settingsOf } from "./options.ts";
import { checkStart } from "./start-check.ts";
import { tell } from "./terminal.ts";

/** Time for a last word before the process ends, in ms. */
const LEFT_OPEN_MS = 100;

interface Options extends CommandOptions {
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
  readonly role?: string;
  readonly instance?: string;
}

/** The command `offgraph start`. */
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
  const { createLogger } = await import("../telemetry/logger.ts");
  const logger = createLogger(settings.log.level);
  const telemetry = await beginTelemetry(settings, secrets, logger);
  const { startSystem } = await import("../main.ts");
  const system = await startSystem({ settings, secrets, logger });
  if (process.stderr.isTTY)
    tell(`Offgraph listens on ${system.url}; Ctrl-C stops it. \`offgraph demo\` shows what it does.`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void system.stop());
  await system.done.finally(() => endTelemetry(telemetry));
}

/** Before the services are loaded, because instruments that are made earlier measure nothing. */
async function beginTelemetry(settings: Settings, secrets: Secrets, logger: Logger): Promise<Telemetry> {
  const { startTelemetry } = await import("../telemetry/telemetry.ts");
  const exporting = exportingOf(settings, secrets);
  return startTelemetry({ exporting, warn: (message) => logger.warn(message) });
}

/** What a collector that does not answer keeps open is all that is left, and must not hold up the end. */
async function endTelemetry(telemetry: Telemetry): Promise<void> {
  await telemetry.stop();
  setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
}
