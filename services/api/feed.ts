/**
 * GET /v1/findings/stream: findings as server-sent events (WHATWG HTML, section 9.2).
 *
 * Every reader has its own place in the log, so nothing is buffered for it beyond one batch; one that takes nothing for
 * half a minute is let go and counted, and goes on later from its Last-Event-ID. Delivery is at least once: after a crash
 * a finding can come again, under the same `id` inside.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { metrics } from "@opentelemetry/api";
import type { FastifyInstance } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { Clock } from "../ports/clock.ts";
import type { Stream } from "../ports/stream.ts";
import { recordValues } from "../records.ts";
import { isWanted } from "./findings.ts";
import type { Newest } from "./newest.ts";
import { checked, FindingQuery } from "./requests.ts";

const KEEP_ALIVE_MS = 15_000;
/** A reader that has taken nothing for this long is let go. */
export const SLOW_MS = 30_000;
/** Most readers at a time; more are answered with 429. */
export const MAX_READERS = 100;

const meter = metrics.getMeter("offgraph");
const readers = meter.createUpDownCounter("offgraph_feed_readers", {
  description: "Open readers of the findings feed.",
});
const slow = meter.createCounter("offgraph_feed_slow_readers_total", {
  description: "Readers that were let go because they took nothing.",
});

interface FeedOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  /** Tells when there is something new. */
  readonly findings: Newest<Finding>;
}

/** Adds the route of the feed. */
export function feedRoute(app: FastifyInstance, options: FeedOptions): void {
  const closing = new AbortController();
  let open = 0;
  app.addHook("preClose", async () => closing.abort());
  app.get("/v1/findings/stream", { config: { role: "read" } }, async (request, reply) => {
    const query = checked(FindingQuery, request.query, "query");
    if (open >= MAX_READERS) throw new OffgraphError("busy", `the feed has ${MAX_READERS} readers already`);
    const { "last-event-id": last } = request.headers;
    const cursor = await startingAt(options.stream, last ? String(last) : query.after);
    reply.hijack();
    open++;
    readers.add(1);
    const { tenant } = request.access;
    const wanted = (finding: Finding) => isWanted(finding, tenant, query);
    await serve(reply.raw, closing.signal, options, cursor, wanted).finally(() => {
      readers.add(-1);
      open--;
    });
  });
}

/** Next position to read per partition. A vector such as `0:12,3:7` names the last one seen; absent: what comes from now on. */
async function startingAt(stream: Stream, vector: string | undefined): Promise<number[]> {
  const partitions = Array.from({ length: stream.partitions }, (_, partition) => partition);
  if (vector === undefined)
    return Promise.all(partitions.map((partition) => stream.end("findings", partition)));
  const cursor = partitions.map(() => 0);
  for (const part of vector === NOTHING ? [] : vector.split(",")) {
    const [partition = -1, position = -1] = /^\d+:\d+$/.test(part) ? part.split(":").map(Number) : [];
    if (cursor[partition] === undefined)
      throw notHere(
        `expected a vector such as 0:12,3:7 of partitions below ${stream.partitions}, got ${vector.slice(0, 80)}`,
      );
    const end = await stream.end("findings", partition);
    if (position >= end) throw notHere(`partition ${partition} ends before ${end}, got position ${position}`);
    cursor[partition] = position + 1;
  }
  return cursor;
}

/** A place that this log does not have, such as one of a log that was there before it: waiting for it would be in vain. */
const notHere = (what: string) =>
  new OffgraphError(
    "bad-request",
    `after or Last-Event-ID: ${what}; connect without it, and read what was missed with GET /v1/findings`,
  );

/** Vector of an empty log; an empty id would make a browser forget where it was. */
const NOTHING = "nothing";

function vectorOf(cursor: readonly number[]): string {
  const seen = cursor.flatMap((next, partition) => (next > 0 ? [`${partition}:${next - 1}`] : []));
  return seen.join(",") || NOTHING;
}

async function serve(
  response: ServerResponse,
  closing: AbortSignal,
  options: FeedOptions,
  cursor: number[],
  wanted: (finding: Finding) => boolean,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const signal = AbortSignal.any([closing, gone.signal]);
  const write = writer(response, options.clock, signal);
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  try {
    await Promise.all([
      sendFindings(options, cursor, wanted, write, signal),
      keepAlive(options.clock, cursor, write, signal),
    ]);
  } catch (error) {
    // A reader that has left is no fault; the connection is closed either way.
    if (!signal.aborted) response.destroy(error instanceof Error ? error : undefined);
  }
  response.end();
}

type Write = (text: string) => Promise<void>;

async function sendFindings(
  options: FeedOptions,
  cursor: number[],
  wanted: (finding: Finding) => boolean,
  write: Write,
  signal: AbortSignal,
) {
  while (!signal.aborted) {
    const changed = options.findings.changed();
    for (let partition = 0; partition < cursor.length; partition++) {
      for await (const batch of options.stream.read("findings", partition, cursor[partition] ?? 0)) {
        for (const { position, value: derived } of recordValues<Derived<Finding>>(batch)) {
          if (signal.aborted) return;
          cursor[partition] = position + 1;
          if (wanted(derived.value))
            await write(
              `id: ${vectorOf(cursor)}\nevent: finding\ndata: ${JSON.stringify(derived.value)}\n\n`,
            );
        }
      }
    }
    await turnOf(changed, signal);
  }
}

/**
 * Resolves when there is news, or the signal is aborted. Nothing of it stays with the signal: a promise for a reader's
 * whole life would gather a reaction for each of the news.
 */
export async function turnOf(news: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = () => resolve();
  signal.addEventListener("abort", leave);
  await Promise.race([news, promise]).finally(() => signal.removeEventListener("abort", leave));
}

/** A comment keeps proxies from closing the connection; an id without data moves Last-Event-ID past what was filtered out. */
async function keepAlive(
  clock: Clock,
  cursor: readonly number[],
  write: Write,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await write(`: alive\nid: ${vectorOf(cursor)}\n\n`);
    await clock.sleep(KEEP_ALIVE_MS, signal);
  }
}

function writer(response: ServerResponse, clock: Clock, signal: AbortSignal): Write {
  return async (text) => {
    if (signal.aborted || response.write(text)) return;
    const waited = new AbortController();
    const drained = once(response, "drain", { signal: AbortSignal.any([signal, waited.signal]) }).then(
      () => true,
    );
    const late = clock.sleep(SLOW_MS, AbortSignal.any([signal, waited.signal])).then(() => false);
    const inTime = await Promise.race([drained, late]).catch(() => true);
    waited.abort();
    await drained.catch(() => {});
    if (inTime) return;
    slow.add(1);
    response.destroy();
  };
}
