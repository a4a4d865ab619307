/** A processor whose network is cut while another one, and everybody else, goes on. */
import { afterAll, beforeAll } from "vitest";
import { ready } from "../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { startProxy, type TcpProxy } from "../servers/proxy.ts";
import { type OwnRedis, startOwnRedis } from "../servers/redis.ts";
import { expectUnharmed } from "./books.ts";
import { lasting, quiet, type Step, underLoad } from "./load.ts";
import { SEED } from "./seed.ts";
import { newSystem, OTHERS } from "./system.ts";

/** What is cut: connections are closed and refused, or stay open and nothing comes through. */
export type Cut = "cut" | "hold";

/** Servers with a proxy before each, for the suite that asks. The answered function tells what follows from a cut of so many parts. */
export function behindProxies() {
  let kafka: Kafka;
  let redis: OwnRedis;
  const proxies = {} as Record<"kafka" | "redis", TcpProxy>;
  beforeAll(async () => {
    const aside = async (port: number) => {
      proxies.kafka = await startProxy(port);
      return proxies.kafka.port;
    };
    [kafka, redis] = await Promise.all([startOwnKafka({ aside }), startOwnRedis()]);
    proxies.redis = await startProxy(redis.server.port);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([proxies.kafka.stop(), proxies.redis.stop()]);
    await Promise.all([kafka.stop(), redis.stop()]);
  });

  /** One of two processors without Kafka or Redis for `parts` times `partMs`; the load goes on meanwhile. */
  return async (from: "kafka" | "redis", how: Cut, { parts = 1, partMs = 1000 } = {}) => {
    const system = await newSystem({ brokers: kafka.addresses, redis: redis.server.address });
    const door = await system.start(OTHERS);
    const through = system.through({ redis: proxies.redis.address, kafka: [proxies.kafka.address] });
    await ready(door, await system.start("processor", through), await system.start("processor"));
    const begin: Step = async () => proxies[from][how]();
    const end: Step = async () => proxies[from].open();
    const faults = Array.from({ length: parts }, () => lasting(partMs));
    const steps = [quiet, begin, ...faults, end, quiet];
    const accepted = await underLoad(door.url, { seed: SEED, agents: 6 }, steps);
    await expectUnharmed(system, accepted);
  };
}
