/** Prometheus' own tool that checks metrics. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether it is here. If not, one line says so and its test is left out; under `CI=true` it is a failure. */
export function promtoolIsHere(): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, "promtool")))) return true;
  const line = "promtool is not installed: apt-get install prometheus";
  if (process.env.CI === "true") throw new Error(line);
  process.stderr.write(`left out: ${line}\n`);
  return false;
}
