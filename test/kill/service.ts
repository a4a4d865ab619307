/** The real service as a process of its own, to be measured or killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

/** What the service is started with. */
export interface ServiceOptions {
  /** Data folder; made if it is not there. */
  readonly folder: string;
  /** What `offgraph.yaml` holds; JSON is YAML. */
  readonly settings: object;
}

/** The running service. */
export interface ServiceProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Sends a signal and waits for the end. Answers the exit code; null if the signal ended it. Rejects if it had ended by itself. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

const LAUNCHER = new URL("../../bin/offgraph.js", import.meta.url).pathname;

/** Starts it on a free port and waits until it listens. Rejects if it ends before that. */
export async function startService({ folder, settings }: ServiceOptions): Promise<ServiceProcess> {
  const config = `${folder}.yaml`;
  writeFileSync(config, JSON.stringify(settings));
  const args = [LAUNCHER, "start", "--data", folder, "--port", "0", "--config", config];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  // Whatever becomes of this process, the service does not outlive it.
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  void exited.then(() => process.off("exit", end));
  const url = await Promise.race([
    listening(child),
    exited.then(([code]) => Promise.reject(new Error(`the service has ended with ${code}`))),
  ]);
  return {
    url,
    process: child,
    async stop(signal) {
      if (!child.kill(signal)) throw new Error(`the service had ended by itself with ${child.exitCode}`);
      const [code] = await exited;
      return code;
    },
  };
}

/** The address in the log; the rest of the log is read and thrown away. */
function listening({ stdout }: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  if (stdout === null) throw new Error("the service has no standard output");
  createInterface(stdout).on("line", (line) => {
    const said = JSON.parse(line) as { msg?: string; url?: string };
    if (said.msg === "started" && said.url !== undefined) resolve(said.url);
  });
  return promise;
}

/** The value of a counter or gauge of the service, summed over its labels; 0 if it is not shown yet. */
export async function metricOf(
  { url }: Pick<ServiceProcess, "url">,
  name: string,
  isMeant: (line: string) => boolean = () => true,
): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const isNamed = (line: string) => line.startsWith(`${name} `) || line.startsWith(`${name}{`);
  const lines = text.split("\n").filter((line) => isNamed(line) && isMeant(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

const POLL_MS = 20;

/** Resolves when the service says that everything in it is ready. */
export async function untilReady({ url }: Pick<ServiceProcess, "url">): Promise<void> {
  while (!(await fetch(`${url}/readyz`)).ok) await setTimeout(POLL_MS);
}
