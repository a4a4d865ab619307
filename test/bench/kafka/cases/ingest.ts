/** Events over HTTP until they are in Kafka, against kafkajs' own producer that is given ready-made bytes. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { Pool } from "undici";
import type { BenchOptions, Case } from "../../case.ts";
import { batchesOf, SENDERS, sendAll } from "../../cases/ingest.ts";
import { writeBenchFile } from "../../data.ts";
import { byTurns, type Sample, timesOf, type Variant } from "../../measure.ts";
import { PARTITIONS, preload } from "../preload.ts";
import { newName, type Servers, servers } from "../servers.ts";
import { type Done, startWorker, type Worker } from "../wishes.ts";

const MOST_EVENTS = 200_000;
const INGEST = "ingest to Kafka";
const PRODUCER = "kafkajs producer, ready-made";

/** What a process has used between two moments. */
async function used(worker: Worker, events: number, act: () => Promise<unknown>): Promise<Sample> {
  const before: Done = await worker.ask({ what: "look" });
  await act();
  const after = await worker.ask({ what: "look" });
  return {
    perSecond: (events * 1000) / (after.atMs - before.atMs),
    cpuNs: ((after.cpuMicros - before.cpuMicros) * 1000) / events,
  };
}

const settingsOf = ({ brokers, redis }: Servers, name: string, folder: string) => ({
  roles: ["ingest"],
  data: mkdtempSync(join(folder, "ingest-")),
  http: { port: 0 },
  // Nobody folds here.
  ingest: { maxLagEvents: 1_000_000_000 },
  kafka: { brokers, topicPrefix: `${name}.`, partitions: PARTITIONS, replication: 1 },
  redis: { url: `redis://${redis}`, prefix: `${name}:` },
});

/** `--only ingest`. */
export const ingestCase: Case = {
  name: "ingest",
  about: `POST /v1/events in batches of 1000, ${SENDERS} at a time, until they are in Kafka; the ingest role alone in its process`,
  async run({ events: most, folder, runs, note }: BenchOptions) {
    const events = Math.min(MOST_EVENTS, most);
    const path = join(folder, "ingest.ndjson");
    writeBenchFile(path, { events, agents: 2000, seed: 4 });
    const batches = batchesOf(path);
    const here = await servers();
    const [ingest, producer] = [startWorker(), startWorker()];
    const { answer: url } = await ingest.ask({
      what: "serve",
      settings: settingsOf(here, newName(), folder),
    });
    const pool = new Pool(url, { connections: SENDERS });
    const { topicPrefix } = await preload(here, []);
    const production = { ...here, path, topic: `${topicPrefix}events`, partitions: PARTITIONS };
    const variants: Variant[] = [
      { name: INGEST, run: () => used(ingest, events, () => sendAll(pool, batches)) },
      {
        name: PRODUCER,
        run: () => used(producer, events, () => producer.ask({ what: "produce", ...production })),
      },
    ];
    try {
      await byTurns(variants, 1, (text) => note(`warming up, ${text}`));
      const samples = await byTurns(variants, runs, note);
      return [
        ...timesOf(INGEST, samples, [{ name: PRODUCER, target: "cpu ≥ 0.77" }]),
        ...timesOf(PRODUCER, samples),
      ];
    } finally {
      await pool.close();
      await Promise.all([ingest.kill(), producer.kill()]);
    }
  },
};
