/** The processor from Kafka to Redis, against kafkajs that only parses, and against a plain program behind kafkajs. */
import { prometheusText } from "../../../../services/telemetry/metrics.ts";
import type { BenchOptions, Case, Figure } from "../../case.ts";
import { byTurns, figure, type Sample, timesOf, type Variant } from "../../measure.ts";
import { judgePlainly, parseAll } from "../consumers.ts";
import { linesOf } from "../lines.ts";
import { type Preloaded, preload } from "../preload.ts";
import { processAll } from "../processor.ts";
import { redisUsage, servers } from "../servers.ts";

const PROCESSOR = "processor from Kafka";
const PARSED = "kafkajs+JSON.parse";
const PLAIN = "plain reference from Kafka";
const REFERENCES = [
  { name: PARSED, target: "≥ 0.9" },
  { name: PLAIN, target: "≥ 3.5" },
];

/** What Redis had to do with one run. */
interface RedisShare {
  readonly commandsPerThousand: number;
  readonly serverNs: number;
  /** Of the processor time of both, in percent. */
  readonly percent: number;
}

async function sentToRedis(): Promise<number> {
  const text = await prometheusText();
  return Number(/^offgraph_redis_commands_total (\d+)/m.exec(text)?.[1] ?? 0);
}

/** Runs the processor, and notes what Redis had to do with it. */
async function run(log: Preloaded, shares: RedisShare[]): Promise<Sample> {
  const [sent, before] = [await sentToRedis(), await redisUsage(log)];
  const sample = await processAll(log);
  const [sentAfter, after] = [await sentToRedis(), await redisUsage(log)];
  const serverNs = ((after.cpuMicros - before.cpuMicros) * 1000) / log.events;
  shares.push({
    commandsPerThousand: ((sentAfter - sent) * 1000) / log.events,
    serverNs,
    percent: (100 * serverNs) / (serverNs + sample.cpuNs),
  });
  return sample;
}

function redisFigures(shares: readonly RedisShare[]): Figure[] {
  const of = (take: (share: RedisShare) => number) => shares.map(take);
  return [
    figure(
      "Redis commands",
      "per 1000 events",
      of((one) => one.commandsPerThousand),
      "≤ 50",
    ),
    figure(
      "Redis server cpu",
      "ns/event",
      of((one) => one.serverNs),
    ),
    figure(
      "Redis server cpu, share of both",
      "%",
      of((one) => one.percent),
    ),
  ];
}

/** `--only processor`. */
export const processorCase: Case = {
  name: "processor",
  about: "a log on Kafka through every detector into Redis, one thread, state committed",
  async run({ benchFile, runs, note }: BenchOptions) {
    const log = await preload(await servers(), linesOf(benchFile()));
    const shares: RedisShare[] = [];
    const variants: Variant[] = [
      { name: PROCESSOR, run: () => run(log, shares) },
      { name: PARSED, run: () => parseAll(log) },
      { name: PLAIN, run: () => judgePlainly(log) },
    ];
    await byTurns(variants, 1, (text) => note(`warming up, ${text}`));
    shares.length = 0;
    const samples = await byTurns(variants, runs, note);
    return [
      ...timesOf(PROCESSOR, samples, REFERENCES),
      ...timesOf(PARSED, samples),
      ...timesOf(PLAIN, samples),
      ...redisFigures(shares),
    ];
  },
};
