/** Events over HTTP: until they are accepted, which means durable, and until they are folded. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Pool } from "undici";
import { metricOf, type ServiceProcess, startService, untilReady } from "../../kill/service.ts";
import type { BenchOptions, Case, Figure } from "../case.ts";
import { writeBenchFile } from "../data.ts";
import { figure, ratioOf } from "../measure.ts";

const BATCH_EVENTS = 1000;
/** Batches on the way at a time. */
export const SENDERS = 4;
const MOST_EVENTS = 200_000;
const POLL_MS = 20;

/** The lines of a file, a thousand in a batch. */
export function batchesOf(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const batches: Buffer[] = [];
  let [from, lines] = [0, 0];
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, end + 1)) {
    if (++lines % BATCH_EVENTS !== 0 && end + 1 < bytes.length) continue;
    batches.push(bytes.subarray(from, end + 1));
    from = end + 1;
  }
  return batches;
}

/** The same events in another form of JSON, which only the door can read. */
function otherwiseWritten(batch: Buffer): Buffer {
  return Buffer.from(batch.toString().replace(/^\{/gm, "{ "));
}

/** Each sender has one batch on the way. */
export async function sendAll(pool: Pool, batches: readonly Buffer[]): Promise<void> {
  const left = [...batches];
  const headers = { "content-type": "application/x-ndjson" };
  const sender = async () => {
    for (let body = left.shift(); body !== undefined; body = left.shift()) {
      const answer = await pool.request({ method: "POST", path: "/v1/events", headers, body });
      const said = await answer.body.text();
      if (answer.statusCode !== 202)
        throw new Error(`a batch was answered with ${answer.statusCode}: ${said}`);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

async function untilFolded(service: ServiceProcess, events: number): Promise<void> {
  while ((await metricOf(service, "offgraph_processor_events_total")) < events) await setTimeout(POLL_MS);
}

interface Rates {
  readonly accepted: number;
  readonly folded: number;
}

async function accept(service: ServiceProcess, batches: readonly Buffer[], events: number): Promise<Rates> {
  await untilReady(service);
  const pool = new Pool(service.url, { connections: SENDERS });
  // Ticks are folded too.
  const before = await metricOf(service, "offgraph_processor_events_total");
  const startedMs = performance.now();
  const perSecond = () => (events * 1000) / (performance.now() - startedMs);
  await sendAll(pool, batches);
  const accepted = perSecond();
  await untilFolded(service, before + events);
  const folded = perSecond();
  await pool.close();
  return { accepted, folded };
}

/** Ingest without the rest of the service, in a process of its own, once. */
async function alone(folder: string, batches: readonly Buffer[]): Promise<number> {
  const server = fork(new URL("../load/ingest-server.ts", import.meta.url), [folder]);
  const answer = async () => (await once(server, "message"))[0] as { url: string; usage: NodeJS.CpuUsage };
  const usedMicros = async () => {
    server.send("usage");
    const { user, system } = (await answer()).usage;
    return user + system;
  };
  const pool = new Pool((await answer()).url, { connections: SENDERS });
  const before = await usedMicros();
  await sendAll(pool, batches);
  const used = (await usedMicros()) - before;
  await pool.close();
  server.disconnect();
  await once(server, "exit");
  rmSync(folder, { recursive: true });
  return used;
}

/** Processor time of ingest alone for an event of our own form, and for the same events in another one. */
async function processorTimes(
  { folder, runs, note }: BenchOptions,
  batches: readonly Buffer[],
  events: number,
): Promise<Figure[]> {
  const others = batches.map(otherwiseWritten);
  const [own, other]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    own.push((await alone(join(folder, `own-${run}`), batches)) / events);
    other.push((await alone(join(folder, `other-${run}`), others)) / events);
    note(`round ${run + 1} of ${runs}: ${own[run]?.toFixed(1)} and ${other[run]?.toFixed(1)} us an event`);
  }
  const against = "ingest alone, another form of JSON";
  return [
    { ...figure("ingest alone, our form", "us/event", own), ratio: ratioOf(own, other, true), against },
    figure(against, "us/event", other),
  ];
}

/** `--only ingest`. */
export const ingestCase: Case = {
  name: "ingest",
  about: `POST /v1/events, batches of ${BATCH_EVENTS}, ${SENDERS} at a time, into an empty folder`,
  async run(options) {
    const { folder, events: most, runs, note } = options;
    const events = Math.min(MOST_EVENTS, most);
    const path = join(folder, "ingest.ndjson");
    writeBenchFile(path, { events, agents: 2000, seed: 4 });
    const batches = batchesOf(path);
    const rates: Rates[] = [];
    for (let run = 0; run < runs; run++) {
      const data = join(folder, `ingest-${run}`);
      const service = await startService({ folder: data, settings: {} });
      const rate = await accept(service, batches, events).finally(() => service.stop("SIGTERM"));
      rmSync(data, { recursive: true });
      rates.push(rate);
      note(
        `round ${run + 1} of ${runs}: ${Math.round(rate.accepted)} accepted, ${Math.round(rate.folded)} folded a second`,
      );
    }
    return [
      ...(await processorTimes(options, batches, events)),
      figure(
        "ingest accepted",
        "events/s",
        rates.map(({ accepted }) => accepted),
      ),
      figure(
        "ingest accepted and folded",
        "events/s",
        rates.map(({ folded }) => folded),
      ),
    ];
  },
};
