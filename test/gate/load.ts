/** How long a gateway waits for the gate: a bounded number of requests at an even pace over kept-alive connections. */
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Pool } from "undici";
import { jwt } from "./given.ts";

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly connections: number;
}

export interface Latency {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answers other than 200. */
  readonly refused: number;
}

/** Until then the compilers of both sides are at work, which a server meets once in its life. */
const WARM_UP_REQUESTS = 20_000;

/**
 * Sends the requests, every tenth for a denied agent, and measures from sending to the last byte of the answer. A `bare`
 * server, which answers 200 to everything, shows what of it is the machine and the client.
 */
export async function measureLatency(server: "gate" | "bare", load: Load): Promise<Latency> {
  const worker = new Worker(new URL("./load-server.ts", import.meta.url), { workerData: server });
  const [address] = await once(worker, "message");
  const pool = new Pool(address, { connections: load.connections, pipelining: 1 });
  await send(pool, { ...load, requests: WARM_UP_REQUESTS });
  const latency = await send(pool, load);
  await pool.close();
  await worker.terminate();
  return latency;
}

async function send(pool: Pool, { requests, perSecond }: Load): Promise<Latency> {
  const times: number[] = [];
  let refused = 0;
  const ask = async (number: number) => {
    const sentMs = performance.now();
    const status = await askOnce(pool, number);
    times.push(performance.now() - sentMs);
    if (status !== 200) refused++;
  };
  const startMs = performance.now();
  const pending: Promise<void>[] = [];
  for (let sent = 0; sent < requests; ) {
    const due = Math.min(requests, ((performance.now() - startMs) * perSecond) / 1000);
    while (sent < due) pending.push(ask(sent++));
    await setImmediate();
  }
  await Promise.all(pending);
  const seconds = (performance.now() - startMs) / 1000;
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
  return { perSecond: requests / seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), refused };
}

const tokens = Array.from({ length: 100 }, (_, number) =>
  jwt({ jti: `jti-${number}`, sub: `agent-${number}` }),
);

async function askOnce(pool: Pool, number: number): Promise<number> {
  const agent = number % 10 === 0 ? `denied-${number % 5000}` : `agent-${number % 1000}`;
  const headers = { authorization: `Bearer ${tokens[number % 100]}`, "x-offgraph-agent": agent };
  const { statusCode, body } = await pool.request({ method: "GET", path: "/v1/authz/orders", headers });
  await body.dump();
  return statusCode;
}
