/** What a processor costs that has nothing to do. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { BenchOptions, Case } from "../../case.ts";
import { figure } from "../../measure.ts";
import { newName, servers } from "../servers.ts";
import { startWorker } from "../wishes.ts";

const PARTITIONS = 48;
const SECONDS = 5;

/** `--only idle`. */
export const idleCase: Case = {
  name: "idle",
  about: `a processor with ${PARTITIONS} partitions in which nothing happens, for ${SECONDS} s each time`,
  async run({ folder, runs, note }: BenchOptions) {
    const { brokers, redis } = await servers();
    const name = newName();
    const worker = startWorker();
    const percents: number[] = [];
    try {
      await worker.ask({
        what: "serve",
        settings: {
          roles: ["processor"],
          data: mkdtempSync(join(folder, "idle-")),
          http: { port: 0 },
          kafka: { brokers, topicPrefix: `${name}.`, partitions: PARTITIONS, replication: 1 },
          redis: { url: `redis://${redis}`, prefix: `${name}:` },
        },
      });
      // Partitions are taken over and compilers at work.
      await setTimeout(SECONDS * 1000);
      for (let run = 0; run < runs; run++) {
        const before = await worker.ask({ what: "look" });
        await setTimeout(SECONDS * 1000);
        const after = await worker.ask({ what: "look" });
        percents.push((after.cpuMicros - before.cpuMicros) / (after.atMs - before.atMs) / 10);
        note(`round ${run + 1} of ${runs}: ${percents.at(-1)?.toFixed(2)} %`);
      }
      await worker.ask({ what: "stop" });
    } finally {
      await worker.kill();
    }
    return [figure("idle processor", "% of a core", percents, "< 2")];
  },
};
