/** Memory of what is kept, measured in processes of their own whose heap holds nothing else. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Case, Figure } from "../case.ts";
import { figure } from "../measure.ts";

const run = promisify(execFile);
const SCRIPT = new URL("../memory/measure.ts", import.meta.url).pathname;

const PIECES = [
  { name: "edge", target: "≤ 64" },
  { name: "slot-value", target: "≤ 64" },
  { name: "session", target: "≤ 1024" },
  { name: "token", target: "≤ 400" },
] as const;

/** Runs the script; it prints one JSON value. */
async function measured<Answer>(...args: readonly string[]): Promise<Answer> {
  const { stdout } = await run(process.execPath, ["--expose-gc", SCRIPT, ...args]);
  return JSON.parse(stdout) as Answer;
}

/** `--only memory`. */
export const memoryCase: Case = {
  name: "memory",
  about: "bytes of one stored edge, slot value, live session and live token; growth over a second pass",
  async run({ events, runs, benchFile, note }) {
    const figures: Figure[] = [];
    for (const { name, target } of PIECES) {
      const bytes: number[] = [];
      // Seeds differ from run to run, because tables grow in steps.
      for (let seed = 1; seed <= runs; seed++) bytes.push(await measured<number>(name, String(seed)));
      figures.push(figure(`memory of one ${name}`, "bytes", bytes, target));
      note(`${name}: ${bytes.map(Math.round).join(", ")} bytes`);
    }
    return [...figures, ...(await secondPass(benchFile(), events))];
  },
};

/** The same agents once more: what a quarter, a half and the whole of a second pass add. */
async function secondPass(file: string, events: number): Promise<Figure[]> {
  interface Point {
    readonly passes: number;
    readonly heapMiB: number;
    readonly rssMiB: number;
  }
  const points = await measured<Point[]>("flatness", file, String(events));
  return points.flatMap(({ passes, heapMiB, rssMiB }) => [
    figure(`heap after ${passes.toFixed(2)} passes`, "MiB", [heapMiB]),
    figure(`resident after ${passes.toFixed(2)} passes`, "MiB", [rssMiB]),
  ]);
}
