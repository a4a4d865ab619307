/** What telemetry costs: HTTP ingest and the fold, the same events with a collector and without, by turns. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Pool } from "undici";
import { metricOf, untilReady } from "../../kill/service.ts";
import { type Collector, startCollector } from "../../telemetry/collector.ts";
import type { BenchOptions, Case, Figure } from "../case.ts";
import { writeBenchFile } from "../data.ts";
import { byTurns, type Sample, timesOf } from "../measure.ts";
import { batchesOf, sendAll } from "./ingest.ts";

const MOST_EVENTS = 200_000;
/** Requests with one event each take longer. */
const MOST_SINGLE = 10_000;
const SENDERS = 4;
const POLL_MS = 20;
/** The share of processor time that telemetry may add. */
const TARGET = "> 0.97";

/** Sends the batches to a system of its own, and waits until they are folded. */
async function runOnce(folder: string, batches: readonly Buffer[], collector?: Collector): Promise<Sample> {
  const args = collector === undefined ? [folder] : [folder, collector.url];
  const server = fork(new URL("../load/telemetry-server.ts", import.meta.url), args);
  const [{ url }] = (await once(server, "message")) as [{ url: string }];
  await untilReady({ url });
  const pool = new Pool(url, { connections: SENDERS });
  const events = batches.reduce((sum, batch) => sum + linesIn(batch), 0);
  const before = await usedMicros(server);
  const startedMs = performance.now();
  await sendAll(pool, batches);
  while ((await metricOf({ url }, "offgraph_processor_events_total")) < events) await setTimeout(POLL_MS);
  const wallMs = performance.now() - startedMs;
  const used = (await usedMicros(server)) - before;
  await pool.close();
  server.disconnect();
  await once(server, "exit");
  rmSync(folder, { recursive: true });
  return { perSecond: (events * 1000) / wallMs, cpuNs: (used * 1000) / events };
}

async function usedMicros(server: ChildProcess): Promise<number> {
  server.send("usage");
  const [{ usage }] = (await once(server, "message")) as [{ usage: NodeJS.CpuUsage }];
  return usage.user + usage.system;
}

const linesIn = (batch: Buffer) => batch.reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 0);
const oneByOne = (batches: readonly Buffer[]): Buffer[] =>
  batches.flatMap((batch) => batch.toString().trimEnd().split("\n")).map((line) => Buffer.from(`${line}\n`));

/** The same batches with telemetry and without. */
async function compared(
  what: string,
  batches: readonly Buffer[],
  { folder, runs, note }: BenchOptions,
): Promise<Figure[]> {
  const collector = await startCollector();
  const run = (name: string, to?: Collector) => ({
    name,
    run: () => runOnce(join(folder, "telemetry"), batches, to),
  });
  const [off, on] = [`${what}, no telemetry`, `${what}, telemetry`];
  // The first run of all meets a machine that is not warm yet.
  await run(off).run();
  const samples = await byTurns([run(off), run(on, collector)], runs, note);
  note(`${collector.spans.length} spans in ${collector.headers.length} posts`);
  await collector.close();
  return [...timesOf(off, samples), ...timesOf(on, samples, [{ name: off, target: TARGET }])];
}

/** `--only telemetry`. */
export const telemetryCase: Case = {
  name: "telemetry",
  about:
    "POST /v1/events until folded, every trace and every ten seconds all metrics sent to a collector, or nothing",
  async run(options) {
    const events = Math.min(MOST_EVENTS, options.events);
    const path = join(options.folder, "telemetry.ndjson");
    writeBenchFile(path, { events, agents: 2000, seed: 4 });
    const batches = batchesOf(path);
    const singles = oneByOne(batches.slice(0, MOST_SINGLE / 1000));
    return [
      ...(await compared("1,000 events a request", batches, options)),
      ...(await compared("one event a request", singles, options)),
    ];
  },
};
