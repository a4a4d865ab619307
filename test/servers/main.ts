/**
 * `npm run servers`: the servers of the tests for a person who has no container engine, until Ctrl-C. One Redis and one Kafka
 * broker; `-- --cluster` and `-- --sentinel` for another Redis, `-- --kafka 3` for more brokers, `-- --kafka 0` for none.
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startOwnKafka } from "./kafka.ts";
import { kafkaCanBeStarted } from "./kafka-jars.ts";
import { startOwnCluster, startOwnRedis, startOwnSentinel } from "./redis.ts";
import { CLUSTER, canBeStarted, SENTINEL, SINGLE } from "./redis-presence.ts";

/** What was started: its name, its line for the environment, and how to stop it. */
interface Running {
  readonly name: string;
  readonly environment: string;
  stop(): Promise<void>;
}

const { values } = parseArgs({
  options: {
    cluster: { type: "boolean", default: false },
    sentinel: { type: "boolean", default: false },
    kafka: { type: "string", default: "1" },
  },
});

const brokers = Number(values.kafka);
if (!Number.isInteger(brokers) || brokers < 0)
  throw new Error(`--kafka: expected a number of brokers, got ${values.kafka}`);

async function startTheRedis(): Promise<Running[]> {
  if (!canBeStarted()) return [];
  if (values.cluster) {
    const { addresses, stop } = await startOwnCluster();
    return [{ name: "Redis Cluster", environment: `${CLUSTER}=${addresses}`, stop }];
  }
  if (values.sentinel) {
    const { name, addresses, stop } = await startOwnSentinel();
    return [{ name: "Redis Sentinel", environment: `${SENTINEL}=${name}@${addresses}`, stop }];
  }
  const { addresses, stop } = await startOwnRedis();
  return [{ name: "Redis", environment: `${SINGLE}=${addresses}`, stop }];
}

async function startTheKafka(): Promise<Running[]> {
  if (brokers === 0 || !kafkaCanBeStarted()) return [];
  const { addresses, stop } = await startOwnKafka({ brokers });
  return [{ name: "Kafka", environment: `OFFGRAPH_TEST_KAFKA=${addresses}`, stop }];
}

const signalled = Promise.race(["SIGINT", "SIGTERM"].map((signal) => once(process, signal)));
const running = (await Promise.all([startTheRedis(), startTheKafka()])).flat();
for (const { name, environment } of running) {
  const addresses = environment.slice(environment.indexOf("=") + 1).replaceAll(",", " ");
  process.stdout.write(`${name.padEnd(16)}${addresses}\n`);
}
process.stdout.write(
  `\n${running.map(({ environment }) => `export ${environment}\n`).join("")}\nCtrl-C stops them.\n`,
);
await signalled;
await Promise.all(running.map(({ stop }) => stop()));
process.exit();
