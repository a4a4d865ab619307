/** One partition of one topic for as long as this process has it: what was fetched of it is handed out, batch by batch. */
import { hasCode } from "../../../schemas/errors.ts";
import type { Consumer, RecordBatch } from "../../ports/stream.ts";
import type { Fetched, Wanted } from "./fetch.ts";
import { standInFor } from "./log-reader.ts";
import { endOfBatches, FetchReader } from "./record-reader.ts";

/** A consumer that is also told where the log ended at the last fetch. */
export interface LogConsumer extends Omit<Consumer, "batch"> {
  /** Whether it looks at bytes of a batch when its promise has resolved. Default: false. */
  readonly keepsBatches?: boolean;
  batch(batch: RecordBatch, end: number): Promise<void>;
}

interface OwnedPartitionOptions {
  readonly topic: string;
  readonly partition: number;
  readonly consumer: LogConsumer;
  readonly maxBytes: number;
  /** Resolves when the group counts on this process. */
  readonly alive: () => Promise<void>;
  /** Something more is wanted of the brokers. */
  readonly hungry: () => void;
}

/** So much lies ready while a batch is in hand; more is not fetched. */
const READY_BYTES = 524_288;

export class OwnedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly #options: OwnedPartitionOptions;
  readonly #chunks: { readonly from: number; readonly bytes: Buffer }[] = [];
  #readyBytes = 0;
  /** Position to fetch from; undefined until the consumer has said it. */
  #fetchFrom: number | undefined;
  /** Position after what was handed out. */
  #next = 0;
  #end = 0;
  #fedMs = 0;
  #isReleased = false;
  #arrived = Promise.withResolvers<void>();

  constructor(options: OwnedPartitionOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.#options = options;
  }

  /** What to fetch now, if anything. */
  get wanted(): Wanted | undefined {
    if (this.#fetchFrom === undefined || this.#isReleased || this.#readyBytes >= READY_BYTES)
      return undefined;
    return { topic: this.topic, partition: this.partition, from: this.#fetchFrom };
  }

  /** Bytes that lie ready. */
  get readyBytes(): number {
    return this.#readyBytes;
  }

  /** Records that are in the log and have not been handed out, as of the last fetch. */
  get lag(): number {
    return Math.max(0, this.#end - this.#next);
  }

  /** For how long it has wanted something without being told that there is nothing, in ms. */
  stalledMs(nowMs: number): number {
    return this.wanted === undefined ? 0 : nowMs - this.#fedMs;
  }

  /** It has what it wants, or its time begins anew. */
  fed(): void {
    this.#fedMs = performance.now();
  }

  /** Takes what a fetch brought, unless it was asked for something else. */
  receive({ from, end, chunk }: Fetched): void {
    if (from !== this.#fetchFrom || this.#isReleased) return;
    this.#end = end;
    const next = endOfBatches(chunk);
    if (next !== undefined || end <= from) this.fed();
    if (next === undefined) return;
    this.#fetchFrom = next;
    this.#chunks.push({ from, bytes: chunk });
    this.#readyBytes += chunk.length;
    this.#arrived.resolve();
  }

  /** Reads on where the log begins now, because what was asked for is not there. */
  skip(from: number, to: number): void {
    if (this.#fetchFrom !== from) return;
    this.#fetchFrom = to;
    this.#next = Math.min(this.#next, to);
  }

  /** Hands out nothing more after the batch in hand. */
  release(): void {
    this.#isReleased = true;
    this.#arrived.resolve();
  }

  /**
   * Runs from `assigned` to `revoked`. Answers whether somebody else has taken the partition over, which a consumer tells by
   * the error `fenced`; every other error of a consumer comes out.
   */
  async run(): Promise<"released" | "fenced"> {
    try {
      const { consumer } = this.#options;
      const from = await consumer.assigned(this.partition);
      await this.#handOut(from).finally(() => consumer.revoked(this.partition));
      return "released";
    } catch (error) {
      if (hasCode(error, "fenced")) return "fenced";
      throw error;
    } finally {
      this.#isReleased = true;
    }
  }

  async #handOut(from: number): Promise<void> {
    this.#next = from;
    this.#fetchFrom = from;
    this.fed();
    this.#options.hungry();
    while (!this.#isReleased) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) await this.#arrival();
      else await this.#handOutChunk(chunk);
    }
  }

  async #arrival(): Promise<void> {
    await this.#arrived.promise;
    if (!this.#isReleased) this.#arrived = Promise.withResolvers<void>();
  }

  async #handOutChunk({ from, bytes }: { readonly from: number; readonly bytes: Buffer }): Promise<void> {
    const { consumer, maxBytes, alive, hungry } = this.#options;
    const standIn = standInFor(this.topic, this.partition);
    const reader = new FetchReader(bytes, Math.max(from, this.#next), Number.POSITIVE_INFINITY, standIn);
    if (this.wanted === undefined) this.fed();
    this.#readyBytes -= bytes.length;
    hungry();
    for (;;) {
      await alive();
      const batch = this.#isReleased ? undefined : reader.read(this.partition, maxBytes);
      if (batch === undefined) break;
      await consumer.batch(batch, this.#end);
      if (!consumer.keepsBatches) reader.release();
      this.#next = batch.positions[batch.count - 1]! + 1;
    }
    if (!this.#isReleased) this.#next = Math.max(this.#next, reader.next);
  }
}
