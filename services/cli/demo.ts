/** `offgraph demo`: the whole product in half a minute, in a folder of its own that is removed at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Severity } from "../../schemas/ids.ts";
import { Settings } from "../../schemas/settings.ts";
import type { System } from "../main.ts";
import type { DemoPlan } from "../simulator/live.ts";
import { type ApiClient, openApiClient } from "./client.ts";
import * as story from "./demo-story.ts";
import { AGENTS, DAYS, play, SEED, sendHistory } from "./demo-traffic.ts";
import { watch } from "./demo-watch.ts";
import { EXIT } from "./failure.ts";

interface Options {
  readonly exit?: true;
  readonly port?: string;
}

const PORT = 7070;
/** The lag that the system tells may be this old. */
const LAG_AGE_MS = 1000;
/** Most findings that are counted; the api hands out no more at once. */
const COUNTED = 1000;

/** The command `offgraph demo`. */
export function demoCommand(): Command {
  return new Command("demo")
    .summary("see it at work, in half a minute")
    .description(
      "see it at work, in half a minute: fourteen days are learned, then three attacks are found and stopped",
    )
    .option("--exit", "end after the attacks, with 0 if all three were found and denied")
    .option("--port <number>", "port to listen on (default: 7070, or a free one if that is taken)")
    .action(async (options: Options) => {
      // Not just an exit code: what was going on when Ctrl-C came would try for a minute to reach the system again.
      process.exit(await demo(options));
    });
}

async function demo(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-demo-"));
  // Also when a reader that has seen enough (`| head`) ends the process at once.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const interrupted = new Promise<void>((resolve) =>
    process.once("SIGINT", resolve).once("SIGTERM", resolve),
  );
  let system: System | undefined;
  try {
    system = await start(folder, options.port);
    const ended = perform(system, folder, options);
    return await Promise.race([ended, system.done.then(() => EXIT.ok), interrupted.then(() => EXIT.ok)]);
  } finally {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** On the usual port, or on a free one if nobody asked for it and it is taken. */
async function start(folder: string, port: string | undefined): Promise<System> {
  const { createLogger, startSystem } = await import("../main.ts");
  const logger = createLogger("silent");
  const begin = (number: number) =>
    startSystem({ settings: settingsFor(folder, number), secrets: { webhooks: new Map() }, logger });
  if (port !== undefined) return begin(Number(port));
  return begin(PORT).catch((error: unknown) => {
    if (error instanceof OffgraphError && error.code === "bad-settings") return begin(0);
    throw error;
  });
}

/** Every step of the playbook in `enforce`, which a fresh install is not. */
function settingsFor(data: string, port: number): Settings {
  const steps = [
    { name: "quarantine-agent", when: { minSeverity: "high" }, do: "quarantine" },
    {
      name: "stop-refreshing",
      when: { detectors: ["refresh-storm"], minSeverity: "medium" },
      do: "quarantine",
    },
    { name: "revoke-token", when: { minSeverity: "high", evidence: ["invariant"] }, do: "revoke-token" },
  ];
  const playbook = steps.map((step) => ({ ...step, mode: "enforce" }));
  const parsed = Settings.safeParse({ data, http: { port }, playbook });
  if (parsed.success) return parsed.data;
  throw new OffgraphError("bad-settings", `--port: expected a port number, got ${port}`);
}

async function perform(system: System, folder: string, options: Options): Promise<number> {
  const client = openApiClient({ url: system.url, token: undefined });
  const { live } = await import("../simulator/live.ts");
  story.opening(system.url, folder);
  story.chapter(1, `Learning: ${DAYS} days of ${AGENTS} quiet agents`);
  const beginMs = performance.now();
  const events = await sendHistory(client, Date.now());
  do await wait(LAG_AGE_MS);
  while (system.lag() > 0 || system.waitingFor().length > 0);
  const [all, grave] = await Promise.all([countOf(client, "informational"), countOf(client, "high")]);
  story.tellLearned(events, AGENTS, performance.now() - beginMs, all, grave);
  story.chapter(2, "Live: the same agents at work, and three attacks among them");
  const plan = live({ seed: SEED, agents: AGENTS, start: Date.now() });
  const how = system.url.endsWith(`:${PORT}`) ? "" : ` --url ${system.url}`;
  const found = await attack(client, plan, how);
  if (!options.exit) {
    story.lookAround(found, how);
    await new Promise<never>(() => {});
  }
  return found.every(({ containment }) => containment?.denied) ? EXIT.ok : EXIT.found;
}

/** Plays the plan until all attacks are answered, or to its end. */
async function attack(client: ApiClient, plan: DemoPlan, how: string): Promise<readonly story.Found[]> {
  const leaving = new AbortController();
  const sentAt = new Map<string, number>();
  const watching = watch({ client, plan, sentAt, how });
  const playing = play(client, plan, sentAt, leaving.signal);
  await Promise.race([playing, watching.complete]);
  leaving.abort();
  const { found, lesser } = await watching.end();
  await playing;
  story.chapter(3, "What came of it");
  story.summary(found, lesser);
  return found;
}

/** Findings that are kept at hand, at least this severe. */
async function countOf(client: ApiClient, severity: Severity): Promise<number> {
  const { findings } = await client.get<{ findings: object[] }>(
    `/v1/findings?limit=${COUNTED}&severity=${severity}`,
  );
  return findings.length;
}
