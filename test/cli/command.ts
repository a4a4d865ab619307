/** Runs `offgraph`: as people do, or in this process, which is quicker. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { run } from "../../services/cli/program.ts";

export const PROGRAM = fileURLToPath(new URL("../../bin/offgraph.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Buffer;
}

/** As a process of its own. */
export function spawned(
  args: readonly string[],
  { env = {}, cwd, input = "" }: RunOptions = {},
): Promise<Ended> {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  const clean = { PATH, HOME, NODE_COMPILE_CACHE, ...env };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: clean, cwd });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on("data", (text) => out.push(String(text)));
  child.stderr.on("data", (text) => err.push(String(text)));
  // A command that reads nothing closes its input, which is no fault of the test.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out: out.join(""), err: err.join("") }));
  });
}

/** In this process; one at a time. */
export async function ran(...args: string[]): Promise<Ended> {
  const [out, err]: [string[], string[]] = [[], []];
  const into = (lines: string[]) => (text: string | Uint8Array) => lines.push(String(text)) > 0;
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(into(out)),
    vi.spyOn(process.stderr, "write").mockImplementation(into(err)),
  ];
  const before = process.exitCode;
  process.exitCode = 0;
  await run(args);
  const code = Number(process.exitCode);
  process.exitCode = before;
  for (const spy of spies) spy.mockRestore();
  return { code, out: out.join(""), err: err.join("") };
}
