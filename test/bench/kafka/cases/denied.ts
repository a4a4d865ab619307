/** From an event in Kafka to the first denial at a gate in another process, with nobody in between. */

import { newCluster, ready } from "../../../cluster/cluster.ts";
import type { BenchOptions, Case } from "../../case.ts";
import { delayFigures, ENFORCING, measureDenied } from "../../cases/denied.ts";
import { servers } from "../servers.ts";

/** `--only denied`. */
export const deniedCase: Case = {
  name: "denied",
  about:
    "from an event that is accepted, so in Kafka, to the first denial at the gate; four processes, enforcing",
  async run({ events, note }: BenchOptions) {
    const { brokers, redis } = await servers();
    const cluster = newCluster({ brokers, redis, settings: ENFORCING });
    try {
      const members = await Promise.all(
        ["ingest", "processor", "responder,egress", "gate"].map((roles) => cluster.start(roles)),
      );
      await ready(...members);
      const [ingest, , , gate] = members;
      const repetitions = Math.min(200, Math.ceil(events / 1000));
      note(`${repetitions} events, one after the other`);
      return delayFigures(await measureDenied(ingest!.url, gate!.url, repetitions), "< 300");
    } finally {
      await cluster.remove();
    }
  },
};
