/** Options that several commands share, and what they stand for. */
import { type Command, InvalidArgumentError, Option, type OptionValues } from "commander";
import { OffgraphError } from "../../schemas/errors.ts";
import { SEVERITIES } from "../../schemas/ids.ts";
import type { Settings } from "../../schemas/settings.ts";
import { clientSettings, loadSettings } from "../settings/config.ts";
import { type ApiClient, openApiClient } from "./client.ts";

/** Values of the options below. */
export interface CommandOptions {
  readonly config?: string;
  readonly json?: true;
  readonly url?: string;
}

/** Options of most commands. */
export const configOption = () =>
  new Option("--config <file>", "settings file (default: offgraph.yaml here, or OFFGRAPH_CONFIG)");
export const jsonOption = () => new Option("--json", "print JSON for scripts");
const urlOption = () =>
  new Option(
    "--url <address>",
    "address of the running system (default: OFFGRAPH_URL, or from the settings)",
  );
/** The option `--severity`, one of the names of severities. */
export const severityOption = (meaning: string) =>
  new Option("--severity <severity>", meaning).choices(SEVERITIES);

/** A command that talks to the running system. */
export function remote(command: Command): Command {
  return command.addOption(jsonOption()).addOption(urlOption()).addOption(configOption());
}

/** Adds --reason, which every run needs but one that only shows what would change; it fails with `bad-request` without. */
export const withReason = (command: Command, onlyShows: (options: OptionValues) => boolean): Command =>
  command
    .option("--reason <text>", "why, for the audit log; not needed to see what would change")
    .hook("preAction", () => {
      const options = command.opts();
      if (options.reason === undefined && !onlyShows(options))
        throw new OffgraphError(
          "bad-request",
          `${command.name()}: give --reason TEXT: why, for the audit log`,
        );
    });

/** A client of the system that the options or the settings name. Throws `bad-settings`. */
export function clientOf(options: CommandOptions): ApiClient {
  return openApiClient(clientSettings(loadSettings({ path: options.config }), options.url));
}

/** Settings with those of the detectors checked and completed. */
export async function settingsOf(
  options: CommandOptions,
  changes: Parameters<typeof loadSettings>[0] = {},
): Promise<Settings> {
  const { DETECTORS } = await import("../../detectors/index.ts");
  return loadSettings({ path: options.config, detectors: DETECTORS, ...changes });
}

/** A whole number from 1. */
export function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number from 1");
}
