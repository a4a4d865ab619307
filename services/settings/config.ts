/**
 * The only reader of the environment and of `offgraph.yaml`. What comes first wins: command line, environment, file, default.
 * Secrets never come from the command line, where every process of the machine can read them.
 */
import { existsSync } from "node:fs";
import { LineCounter, parseDocument, stringify } from "yaml";
import { OffgraphError } from "../../schemas/errors.ts";
import { Settings } from "../../schemas/settings.ts";
import { valueAt } from "../plain-words.ts";
import { checkDetectors, type DetectorSettings } from "./detectors.ts";
import { complaints, namesAt, type SettingSources, shown } from "./errors.ts";
import { playbookFaults } from "./playbook.ts";
import { readText, type Secrets, secretsOf } from "./secrets.ts";
import { rolesIn, serverFaults } from "./servers.ts";
import { type Exporting, exportingBy, telemetryVariables } from "./telemetry.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Environment variables that take the place of a setting. */
const OVERRIDES = {
  OFFGRAPH_DATA: "data",
  OFFGRAPH_HTTP_HOST: "http.host",
  OFFGRAPH_HTTP_PORT: "http.port",
  OFFGRAPH_LOG_LEVEL: "log.level",
  OFFGRAPH_ROLES: "roles",
  OFFGRAPH_INSTANCE: "kafka.instanceId",
} as const;

interface ConfigOptions {
  /** After --config. Absent: OFFGRAPH_CONFIG, else ./offgraph.yaml if it is there. */
  readonly path?: string | undefined;
  /** Values from the command line by dotted path, with the name of the option. */
  readonly options?: Readonly<Record<string, { readonly option: string; readonly value: unknown }>>;
  readonly detectors?: readonly DetectorSettings[];
  readonly environment?: Environment;
}

/** Settings, checked and completed. Fails with `bad-settings`, one line for each thing that is wrong. */
export function loadSettings(given: ConfigOptions = {}): Settings {
  const environment = given.environment ?? process.env;
  const { input, origins } = collect(given, environment);
  const parsed = Settings.safeParse(input);
  // These two are looked at in any case, so that all faults are told together.
  const { detectors, playbook } = Settings.shape;
  const checked = checkDetectors(
    detectors.safeParse(valueAt(input, ["detectors"])).data ?? {},
    given.detectors,
    origins,
  );
  const steps = playbook.safeParse(valueAt(input, ["playbook"])).data ?? [];
  const wrong = [
    ...checked.wrong,
    ...playbookFaults(steps, given.detectors, origins),
    ...serverFaults(input, origins),
  ];
  if (!parsed.success)
    wrong.unshift(...complaints(parsed.error.issues, input, origins, (path) => namesAt(Settings, path)));
  if (!parsed.success || wrong.length > 0) throw new OffgraphError("bad-settings", wrong.join("\n"));
  return { ...parsed.data, detectors: checked.settings };
}

/** The name of the settings file in use; undefined if there is none. */
export function settingsFile(
  path: string | undefined,
  environment: Environment = process.env,
): string | undefined {
  const named = path ?? environment.OFFGRAPH_CONFIG;
  if (named !== undefined) return named;
  return existsSync("offgraph.yaml") ? "offgraph.yaml" : undefined;
}

/** Where and as whom commands talk to the running system. */
export function clientSettings(settings: Settings, url?: string, environment: Environment = process.env) {
  // A system that listens everywhere listens here too.
  const everywhere = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[settings.http.host];
  const host =
    everywhere ?? (settings.http.host.includes(":") ? `[${settings.http.host}]` : settings.http.host);
  const address = url ?? environment.OFFGRAPH_URL ?? `http://${host}:${settings.http.port}`;
  if (!/^https?:\/\/[^@\s]+$/.test(address) || !URL.canParse(address))
    throw new OffgraphError(
      "bad-settings",
      `--url or OFFGRAPH_URL: expected http:// or https://, without user, got ${shown([], address)}`,
    );
  const file = environment.OFFGRAPH_TOKEN_FILE;
  const token = environment.OFFGRAPH_TOKEN ?? (file && readText(file, "OFFGRAPH_TOKEN_FILE").trim());
  return { url: address.replace(/\/+$/, ""), token: token || undefined };
}

/** The secrets that the settings name, from their files or variables. Fails with `bad-settings`, a line for each that is wrong. */
export function loadSecrets(settings: Settings, environment: Environment = process.env): Secrets {
  return secretsOf(settings, environment);
}

/**
 * Puts what the settings say of telemetry into the environment, which is all that OpenTelemetry's SDK reads; a variable that is
 * set already wins. Answers what is to be sent.
 */
export function exportingOf(
  { telemetry }: Settings,
  { telemetryHeaders }: Secrets,
  environment: Record<string, string | undefined> = process.env,
): Exporting {
  Object.assign(environment, telemetryVariables(telemetry, telemetryHeaders, environment));
  return exportingBy(environment);
}

/** The settings as YAML, secrets hidden: hashes of tokens, and what follows the host of a webhook's address. */
export function printSettings(settings: Settings): string {
  const tokens = settings.http.tokens.map((token) => ({ ...token, sha256: "<hidden>" }));
  const webhooks = settings.feeds.webhooks.map((hook) => ({
    ...hook,
    url: `${new URL(hook.url).origin}/<hidden>`,
  }));
  return stringify(
    { ...settings, http: { ...settings.http, tokens }, feeds: { ...settings.feeds, webhooks } },
    { lineWidth: 0 },
  );
}

function collect(
  given: ConfigOptions,
  environment: Environment,
): { input: unknown; origins: SettingSources } {
  const file = settingsFile(given.path, environment);
  const lines = new LineCounter();
  const document = parseDocument(file === undefined ? "" : readText(file, "--config or OFFGRAPH_CONFIG"), {
    lineCounter: lines,
  });
  const [fault] = document.errors;
  if (fault)
    throw new OffgraphError(
      "bad-settings",
      `${file}:${fault.linePos?.[0].line ?? 1}: ${fault.message.replace(/ at line \d.*/s, "")}`,
    );
  const input: unknown = document.toJS() ?? {};
  const overrides = new Map<string, string>();
  for (const [path, name, value] of replacements(given, environment)) {
    put(input, path, value);
    overrides.set(path, name);
  }
  return { input, origins: { file: file ?? "settings", document, lines, overrides } };
}

function* replacements(
  given: ConfigOptions,
  environment: Environment,
): Generator<[path: string, name: string, value: unknown]> {
  for (const [name, path] of Object.entries(OVERRIDES)) {
    const value = environment[name];
    if (value !== undefined && value !== "") yield [path, name, READERS[path]?.(value) ?? value];
  }
  for (const [path, { option, value }] of Object.entries(given.options ?? {})) {
    if (value !== undefined) yield [path, option, READERS[path]?.(String(value)) ?? value];
  }
}

/** What outside the file is text, and something else in it. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  "http.port": (text) => (/^\d{1,9}$/.test(text) ? Number(text) : text),
  roles: rolesIn,
};

/** Paths have one or two names. What is not a mapping is left to the schema, which refuses it. */
function put(input: unknown, path: string, value: unknown): void {
  const [first = "", second] = path.split(".");
  if (!isMapping(input)) return;
  if (second === undefined) {
    input[first] = value;
    return;
  }
  input[first] ??= {};
  put(input[first], second, value);
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
