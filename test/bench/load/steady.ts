/**
 * In a process of its own: asks a server at a steady pace and prints how long the answers took, as JSON. The pace does
 * not wait for answers, and a request counts from the moment when it was due, so that a slow server cannot hide behind
 * requests that were never sent.
 */
import { setImmediate } from "node:timers/promises";
import { Pool } from "undici";
import { quantile } from "../measure.ts";

export interface Steady {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly perSecond: number;
}

const [address = "", perSecond = "", seconds = ""] = process.argv.slice(2);
const CONNECTIONS = 64;
/** Until then the compilers of both sides are at work, which a server meets once in its life. */
const WARM_UP_SECONDS = 3;

const headers = { "content-type": "application/json" };
/** Half of the questions are about what is denied. */
const bodies = Array.from({ length: 1000 }, (_, number) =>
  JSON.stringify({ publicId: `jti-${number * 20}`, agent: `agent-${number}` }),
);

async function ask(pool: Pool, number: number): Promise<void> {
  const body = bodies[number % bodies.length] ?? "";
  const answer = await pool.request({ method: "POST", path: "/v1/check", headers, body });
  if (answer.statusCode !== 200) throw new Error(`the server has answered ${answer.statusCode}`);
  await answer.body.dump();
}

/** Sends all requests; answers their times in ms, smallest first. */
async function send(pool: Pool, requests: number, paceMs: number): Promise<Float64Array> {
  const times = new Float64Array(requests);
  const pending: Promise<void>[] = [];
  const startedMs = performance.now();
  const sendOne = async (number: number) => {
    await ask(pool, number);
    times[number] = performance.now() - (startedMs + number * paceMs);
  };
  for (let sent = 0; sent < requests; await setImmediate()) {
    const due = Math.min(requests, Math.floor((performance.now() - startedMs) / paceMs));
    while (sent < due) pending.push(sendOne(sent++));
  }
  await Promise.all(pending);
  return times.sort();
}

const pool = new Pool(address, { connections: CONNECTIONS, pipelining: 1 });
const paceMs = 1000 / Number(perSecond);
await send(pool, Number(perSecond) * WARM_UP_SECONDS, paceMs);
const startedMs = performance.now();
const times = await send(pool, Number(perSecond) * Number(seconds), paceMs);
const answer: Steady = {
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
  p999Ms: quantile(times, 0.999),
  maxMs: quantile(times, 1),
  perSecond: (times.length * 1000) / (performance.now() - startedMs),
};
await pool.close();
process.stdout.write(JSON.stringify(answer));
