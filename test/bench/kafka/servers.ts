/** One broker and one Redis for all cases of a run: real ones, started when first asked for. */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { startKafka } from "../../servers/kafka.ts";
import { startRedis } from "../../servers/redis.ts";

/** Where they are. */
export interface Servers {
  readonly brokers: readonly string[];
  /** `host:port`. */
  readonly redis: string;
}

interface Running extends Servers {
  stop(): Promise<unknown>;
}

let running: Promise<Running> | undefined;

/** Starts them, or answers those that run. */
export const servers = (): Promise<Servers> => (running ??= start());

/** Stops them if they run. */
export async function stopServers(): Promise<void> {
  await (await running)?.stop();
}

async function start(): Promise<Running> {
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  return {
    brokers: kafka.addresses,
    redis: redis.addresses[0] ?? "",
    stop: () => Promise.all([kafka.stop(), redis.stop()]),
  };
}

/** A name that no other run has used. */
export const newName = (): string => `bench-${randomBytes(4).toString("hex")}`;

/** Processor time that the Redis server has used since it was started, in us, and the memory that it holds, in bytes. */
export async function redisUsage({ redis }: Servers): Promise<{ cpuMicros: number; bytes: number }> {
  const client = new Redis(`redis://${redis}`);
  try {
    const text = await client.info();
    const number = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(text)?.[1]);
    return {
      cpuMicros: (number("used_cpu_sys") + number("used_cpu_user")) * 1e6,
      bytes: number("used_memory"),
    };
  } finally {
    client.disconnect();
  }
}
