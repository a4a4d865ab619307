/** A processor that is killed while events wait for it, and started again under the same name. */
import { join } from "node:path";
import { openRedisStore } from "../../../../services/adapters/store-redis.ts";
import { openKafkaStream } from "../../../../services/adapters/stream-kafka.ts";
import type { Stream } from "../../../../services/ports/stream.ts";
import type { BenchOptions, Case } from "../../case.ts";
import { writeBenchFile } from "../../data.ts";
import { figure } from "../../measure.ts";
import { linesOf, recordOf } from "../lines.ts";
import { PARTITIONS, type Preloaded, preload } from "../preload.ts";
import { newName, servers } from "../servers.ts";
import { startWorker, type Told } from "../wishes.ts";

const MOST_AGENTS = 100_000;
const EVENTS_PER_SESSION = 12.9;
/** So many events of its only session tell of an agent. */
const EVENTS_PER_AGENT = 5;
const SESSION = /"session":"s-([0-9a-f]+)"/;
const AGENT = /"agent":{"id":"[^"]*"/;
const ID = /"id":"[^"]*"/;

const agentNamed = (number: number) => `"agent":{"id":"many-${number}"`;

/** The first events of each session, each session that of an agent of its own. */
function* ofManyAgents(path: string, agents: number): Generator<Buffer> {
  const told = new Map<string, { readonly number: number; events: number }>();
  for (const line of linesOf(path)) {
    const text = line.toString();
    const session = SESSION.exec(text)?.[1] ?? "";
    const agent = told.get(session) ?? { number: told.size, events: 0 };
    if (agent.number >= agents || agent.events++ >= EVENTS_PER_AGENT) continue;
    told.set(session, agent);
    yield Buffer.from(text.replace(AGENT, agentNamed(agent.number)));
  }
}

/** The same event once more of each agent, under other ids. */
const onceMore = (line: string, agents: number) => {
  const round = newName();
  return Array.from({ length: agents }, (_, number) => {
    const named = line.replace(AGENT, agentNamed(number)).replace(ID, `"id":"${round}-${number}"`);
    return recordOf(Buffer.from(named), PARTITIONS);
  });
};

/** A processor under way, and when it was assigned its first partition, and had folded its first and its last event. */
function begin(log: Preloaded, storePrefix: string, events: number) {
  const times = { assignedMs: 0, firstMs: 0, allMs: 0 };
  const done = Promise.withResolvers<typeof times>();
  let left = events;
  const worker = startWorker((told: Told) => {
    if (told.what === "assigned") times.assignedMs ||= told.atMs;
    if (told.what !== "folded") return;
    times.firstMs ||= told.atMs;
    times.allMs = told.atMs;
    left -= told.events;
    if (left <= 0) done.resolve(times);
  });
  const place = { ...log, storePrefix, instanceId: "bench" };
  const started = worker.ask({ what: "process", place });
  return { worker, done: Promise.all([done.promise, started]).then(([all]) => all) };
}

interface Restart {
  readonly firstMs: number;
  readonly allMs: number;
  readonly fromKillMs: number;
}

/** Events that a processor which starts now folds: those since the last commit are folded again. */
async function waiting(stream: Stream, { redis }: Preloaded, prefix: string): Promise<number> {
  const store = await openRedisStore({ url: `redis://${redis}`, prefix: `${prefix}:` });
  const numbers = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const counts = numbers.map(
    async (partition) =>
      (await stream.end("events", partition)) - (await store.position("processor", partition)),
  );
  const all = await Promise.all(counts);
  await store.close();
  return all.reduce((sum, events) => sum + events, 0);
}

/** Learns all agents, and is killed as often as asked for, each time with one event of each agent waiting. */
async function restarts(log: Preloaded, line: string, agents: number, runs: number): Promise<Restart[]> {
  const { brokers, topicPrefix } = log;
  const stream = await openKafkaStream({ brokers, topicPrefix, replication: 1 });
  const storePrefix = newName();
  const found: Restart[] = [];
  let running = begin(log, storePrefix, log.events);
  try {
    await running.done;
    for (let run = 0; run < runs; run++) {
      running.worker.pause();
      await stream.append(onceMore(line, agents));
      await running.worker.kill();
      const killedMs = performance.timeOrigin + performance.now();
      running = begin(log, storePrefix, await waiting(stream, log, storePrefix));
      const { assignedMs, firstMs, allMs } = await running.done;
      found.push({
        firstMs: firstMs - assignedMs,
        allMs: allMs - assignedMs,
        fromKillMs: firstMs - killedMs,
      });
    }
    return found;
  } finally {
    await running.worker.kill();
    await stream.close();
  }
}

/** `--only restart`. */
export const restartCase: Case = {
  name: "restart",
  about: "kill -9 with an event of each of 100,000 agents waiting, and a start under the same name",
  async run({ events, folder, runs, note }: BenchOptions) {
    const agents = Math.min(MOST_AGENTS, Math.ceil(events / EVENTS_PER_AGENT));
    const path = join(folder, "sessions.ndjson");
    writeBenchFile(path, { events: Math.ceil(agents * EVENTS_PER_SESSION * 1.2), agents: 1000, seed: 5 });
    const lines = ofManyAgents(path, agents);
    const log = await preload(await servers(), lines);
    note(`${log.events} events of ${agents} agents`);
    const [line] = linesOf(path);
    const found = await restarts(log, String(line), agents, runs);
    const of = (take: (restart: Restart) => number) => found.map(take);
    return [
      figure(
        "restart, assigned to first events folded",
        "ms",
        of((one) => one.firstMs),
        "≤ 2000",
      ),
      figure(
        `restart, assigned to ${agents} agents in memory`,
        "ms",
        of((one) => one.allMs),
        "≤ 10000",
      ),
      figure(
        "restart, killed to first events folded",
        "ms",
        of((one) => one.fromKillMs),
      ),
    ];
  },
};
