/** `offgraph demo`: the whole product in under a minute, in a folder of its own that is removed at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import { OffgraphError } from "../../schemas/errors.ts";
import { Settings } from "../../schemas/settings.ts";
import type { System } from "../main.ts";
import { openClient } from "./client.ts";
import * as story from "./demo-story.ts";
import { AGENTS, DAYS, play, SEED, sendHistory } from "./demo-traffic.ts";
import { watch } from "./demo-watch.ts";
import { EXIT } from "./failure.ts";
import { dim, print } from "./terminal.ts";

interface Options {
  readonly exit?: true;
  readonly port?: string;
}

const PORT = 7070;
const POLL_MS = 20;

export function demoCommand(): Command {
  return new Command("demo")
    .summary("see it at work, in a minute")
    .description(
      "see it at work, in a minute: fourteen days are learned, then three attacks are found and stopped",
    )
    .option("--exit", "end after the attacks, with 0 if all three were found and denied")
    .option("--port <number>", "port to listen on (default: 7070, or a free one if that is taken)")
    .action(async (options: Options) => {
      process.exitCode = await demo(options);
    });
}

async function demo(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-demo-"));
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
    startSystem({ settings: settingsFor(folder, number), secrets: new Map(), logger });
  if (port !== undefined) return begin(Number(port));
  return begin(PORT).catch((error: unknown) => {
    if (error instanceof OffgraphError && error.code === "bad-settings") return begin(0);
    throw error;
  });
}

/** Every step of the playbook in `enforce`, which a fresh install is not. */
function settingsFor(data: string, port: number): Settings {
  const invariants = { minSeverity: "medium", evidence: ["invariant"] };
  const playbook = [
    { name: "quarantine-agent", when: { minSeverity: "medium" }, do: "quarantine", mode: "enforce" },
    { name: "revoke-token", when: invariants, do: "revoke-token", mode: "enforce" },
  ];
  const parsed = Settings.safeParse({ data, http: { port }, playbook });
  if (parsed.success) return parsed.data;
  throw new OffgraphError("bad-settings", `--port: expected a port number, got ${port}`);
}

async function perform(system: System, folder: string, options: Options): Promise<number> {
  const client = openClient({ url: system.url, token: undefined });
  const { live } = await import("../simulator/live.ts");
  story.opening(system.url, folder);
  story.chapter(1, `Learning: ${DAYS} days of ${AGENTS} quiet agents`);
  const beginMs = performance.now();
  const events = await sendHistory(client, Date.now());
  while (system.lag() > 0 || system.waitingFor().length > 0) await wait(POLL_MS);
  const { findings } = await client.get<{ findings: object[] }>("/v1/findings?limit=1000");
  story.learned(events, AGENTS, performance.now() - beginMs, findings.length);
  story.chapter(2, "Live: the same agents at work, and three attacks among them");
  const plan = live({ seed: SEED, agents: AGENTS, start: Date.now() });
  const how = system.url.endsWith(`:${PORT}`) ? "" : ` --url ${system.url}`;
  const sentAt = new Map<string, number>();
  const watching = watch({ client, plan, sentAt, how });
  await play(client, plan, sentAt);
  const found = await watching.end();
  story.chapter(3, "What came of it");
  story.summary(found, how);
  if (!options.exit) await stay();
  return found.every(({ containment }) => containment?.denied) ? EXIT.ok : EXIT.found;
}

/** The system goes on; Ctrl-C ends it. */
async function stay(): Promise<never> {
  print(dim("\n  Offgraph keeps running. Ctrl-C ends it and removes its data."));
  return new Promise<never>(() => {});
}
