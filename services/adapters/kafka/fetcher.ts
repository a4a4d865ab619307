/**
 * Keeps partitions supplied: one fetch under way per broker, for all of its partitions that want something, whatever the others
 * do with what they have. A fetch waits at the broker until there is something, so a quiet log costs two requests a second.
 */
import { metrics } from "@opentelemetry/api";
import { OffgraphError } from "../../../schemas/errors.ts";
import { errorFromCode, type KafkaClient } from "./client.ts";
import { isPassing, refused } from "./failures.ts";
import { type Fetched, fetchFrom, type Wanted } from "./fetch.ts";
import { boundaryOf, OFFSET_OUT_OF_RANGE } from "./log-reader.ts";
import type { OwnedPartition } from "./owned-partition.ts";

/** What is fetched, and what becomes of a log that is not the one that it was. */
export interface FetcherOptions {
  readonly client: KafkaClient;
  readonly stallTimeoutMs: number;
  readonly signal: AbortSignal;
  /** A log that ends before what was read of it is not the one that it was: it is refused, or read from its start. */
  readonly whenShorter: "refuse" | "start anew";
  readonly log: (message: string) => void;
  readonly partitions: () => Iterable<OwnedPartition>;
  readonly find: (of: { readonly topic: string; readonly partition: number }) => OwnedPartition | undefined;
}

const MAX_WAIT_MS = 500;
/** How long a fetch waits for quiet partitions while another one has enough for now: it wants more before long, and then must not wait. */
const BUSY_WAIT_MS = 10;
const MAX_BYTES = 2_097_152;
const MAX_PARTITION_BYTES = 1_048_576;
/** Most bytes that lie ready in all partitions of a group: 64 MiB. */
const MAX_READY_BYTES = 67_108_864;
/** Less than this part of an answer is small. */
const SMALL_PART = 4;
const PAUSE_MS = 250;
/** How often a position behind the end is asked again: the end may be late after a change of leader. */
const MAX_BEYOND = 20;

const restarts = metrics.getMeter("offgraph").createCounter("offgraph_stream_restarts_total", {
  description: "Connections made anew because fetches brought nothing although there was something",
});

export class Fetcher {
  readonly #options: FetcherOptions;
  /** Brokers with a fetch under way. */
  #busy = new Set<number>();
  #wake = Promise.withResolvers<void>();
  #beyond = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** Looks again at what is wanted. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Resolves when the signal comes. Errors: what `refused` says; `bad-settings` when the log was made anew. */
  async run(): Promise<void> {
    const { signal, stallTimeoutMs } = this.#options;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const watch = setInterval(() => this.#watch(), stallTimeoutMs / 4);
    signal.addEventListener("abort", () => this.wake(), { once: true });
    try {
      while (!signal.aborted) {
        this.#wake = Promise.withResolvers<void>();
        await this.#startFetches(failed.reject);
        await Promise.race([this.#wake.promise, failed.promise]);
      }
    } finally {
      clearInterval(watch);
    }
  }

  async #startFetches(fail: (error: unknown) => void): Promise<void> {
    const byNode = await this.#wantedByNode(fail).catch((error) => this.#pauseAfter(error));
    for (const [node, wanted] of byNode) {
      if (this.#busy.has(node)) continue;
      const busy = this.#busy;
      busy.add(node);
      this.#fetch(node, wanted, this.#waitMs())
        .catch(fail)
        .finally(() => busy.delete(node))
        .finally(() => this.wake());
    }
  }

  async #wantedByNode(fail: (error: unknown) => void): Promise<Map<number, Wanted[]>> {
    const all = [...this.#options.partitions()];
    const readyBytes = all.reduce((sum, partition) => sum + partition.readyBytes, 0);
    const wanted = readyBytes >= MAX_READY_BYTES ? [] : all.flatMap((partition) => partition.wanted ?? []);
    const byNode = new Map<number, Wanted[]>();
    let leaderless: unknown;
    for (const one of wanted) {
      const node = await this.#options.client.leaderOf(one.topic, one.partition).catch((error: unknown) => {
        leaderless = error;
      });
      if (node !== undefined) byNode.set(node, [...(byNode.get(node) ?? []), one]);
    }
    if (leaderless === undefined) return byNode;
    if (byNode.size === 0) throw leaderless;
    // The others do not wait until it has one.
    void this.#pauseAfter(leaderless).catch(fail);
    return byNode;
  }

  #waitMs(): number {
    for (const { wanted } of this.#options.partitions()) if (wanted === undefined) return BUSY_WAIT_MS;
    return MAX_WAIT_MS;
  }

  async #fetch(node: number, wanted: readonly Wanted[], maxWaitMs: number): Promise<void> {
    const limits = { maxWaitMs, maxBytes: MAX_BYTES, maxPartitionBytes: MAX_PARTITION_BYTES };
    try {
      const fetched = separated(await fetchFrom(this.#options.client, node, wanted, limits));
      for (const one of fetched) if (one.errorCode === 0) this.#options.find(one)?.receive(one);
      if (fetched.every(({ errorCode }) => errorCode !== OFFSET_OUT_OF_RANGE)) this.#beyond = 0;
      for (const one of fetched) await this.#onError(one);
    } catch (error) {
      await this.#pauseAfter(error);
    }
  }

  async #onError(fetched: Fetched): Promise<void> {
    if (fetched.errorCode === OFFSET_OUT_OF_RANGE) return this.#onOutOfRange(fetched);
    if (fetched.errorCode !== 0) throw errorFromCode(fetched.errorCode);
  }

  /** Retention has taken what was asked for, or the log ends before it: then it is not the one that was read before. */
  async #onOutOfRange(fetched: Fetched): Promise<void> {
    const { client, log, signal, find, whenShorter } = this.#options;
    const { topic, partition, from } = fetched;
    const patience = { what: `${topic}/${partition}`, timeoutMs: 60_000, signal };
    const start = await boundaryOf(client, "start", fetched, patience);
    if (start > from) {
      log(`${topic}/${partition}: retention has dropped ${from} to ${start - 1} before they were read`);
      return find(fetched)?.skip(from, start);
    }
    if (++this.#beyond <= MAX_BEYOND) return client.pause(PAUSE_MS, signal);
    const end = await boundaryOf(client, "end", fetched, patience);
    const message = `kafka: ${topic}/${partition} ends at ${end}, and ${from} was reached before: the topic was made anew`;
    if (whenShorter === "refuse")
      throw new OffgraphError("bad-settings", `${message}. Use another kafka.topicPrefix, or an empty store`);
    log(`${message}; it is read from ${start} on`);
    return find(fetched)?.skip(from, start);
  }

  /** Waits a little when it may pass; else it comes out. */
  async #pauseAfter(error: unknown): Promise<Map<number, Wanted[]>> {
    const { client, signal } = this.#options;
    if (signal.aborted) return new Map();
    if (!isPassing(error)) throw refused(error, "fetch");
    await client.pause(PAUSE_MS, signal);
    await client.refresh();
    this.wake();
    return new Map();
  }

  /** A stall that nobody tells: kafkajs has had some. Who wants something and hears nothing is given new connections. */
  #watch(): void {
    const { client, log, stallTimeoutMs, partitions } = this.#options;
    const nowMs = performance.now();
    const stalled = [...partitions()].filter((partition) => partition.stalledMs(nowMs) > stallTimeoutMs);
    if (stalled.length === 0) return;
    for (const partition of stalled) partition.fed();
    restarts.add(1);
    log(
      `fetches of ${stalled[0]!.topic} have brought nothing for ${stallTimeoutMs} ms: connections are made anew`,
    );
    this.#busy = new Set();
    void client.cut();
    this.wake();
  }
}

/** A piece keeps the whole answer in memory: where it is a small part of it, it gets bytes of its own. */
function separated(fetched: readonly Fetched[]): readonly Fetched[] {
  const answerBytes = fetched.reduce((sum, { chunk }) => sum + chunk.length, 0);
  return fetched.map((one) =>
    one.chunk.length * SMALL_PART < answerBytes ? { ...one, chunk: Buffer.from(one.chunk) } : one,
  );
}
