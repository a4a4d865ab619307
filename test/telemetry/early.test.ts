/** Metrics that are asked for as soon as the process runs. Telemetry starts once in a process, so each case has its own. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const MODULE = new URL("../../services/telemetry/telemetry.ts", import.meta.url).href;
const SCRIPT = `
  const { startTelemetry } = await import(${JSON.stringify(MODULE)});
  const warn = (message) => console.log(message);
  const telemetry = startTelemetry({ exporting: JSON.parse(process.argv[1]), warn });
  console.log(await telemetry.prometheusText());
  process.exit();
`;

it.each([
  ["nothing is sent", { traces: false, metrics: false, intervalMs: 60_000 }],
  ["metrics are sent", { traces: false, metrics: true, intervalMs: 60_000 }],
])("are shown without a complaint of the SDK when %s", (_name, exporting) => {
  const env = { PATH: process.env.PATH, OTEL_NODE_RESOURCE_DETECTORS: "env,host,os,serviceinstance" };
  const args = ["--input-type=module", "-e", SCRIPT, JSON.stringify(exporting)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  expect([stdout.trim(), stderr]).toEqual(["# no registered metrics", ""]);
});
