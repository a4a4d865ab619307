/** Subscriptions inside one process: every group has one subscriber, and it owns all partitions. */
import { OffgraphError } from "../../schemas/errors.ts";
import type { StreamName } from "../../schemas/streams.ts";
import type { Consumer, Stream, Subscription } from "../ports/stream.ts";

type Log = Pick<Stream, "partitions" | "read">;
type ReadOptions = { maxBytes?: number };

/** One subscription at work: told to stop by its owner or by the first failure. */
interface LocalSubscription {
  readonly stream: StreamName;
  readonly consumer: Consumer;
  readonly options: ReadOptions;
  stopping: boolean;
  failure?: { readonly error: unknown };
}

export class LocalConsumers {
  readonly #log: Log;
  readonly #groups = new Map<string, Subscription>();
  /** Who waits for the next append, by stream and partition. */
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** As `Stream.consume`. Errors: `bad-settings` when the group has a subscription already. */
  consume(stream: StreamName, group: string, consumer: Consumer, options: ReadOptions = {}): Subscription {
    const name = `${stream}/${group}`;
    if (this.#groups.has(name)) {
      throw new OffgraphError(
        "bad-settings",
        `${stream}: the group ${group} is subscribed twice in this process`,
      );
    }
    const run: LocalSubscription = { stream, consumer, options, stopping: false };
    const done = this.#run(run).finally(() => this.#groups.delete(name));
    const stop = async () => {
      this.#stop(run);
      await done.catch(() => {}); // the failure is told by `done`
    };
    const subscription = { done, stop };
    this.#groups.set(name, subscription);
    return subscription;
  }

  /** Wakes whoever waits at the end of the partition. */
  appended(stream: StreamName, partition: number): void {
    const name = `${stream}/${partition}`;
    this.#waiting.get(name)?.resolve();
    this.#waiting.delete(name);
  }

  async stopAll(): Promise<void> {
    await Promise.all(Array.from(this.#groups.values(), (subscription) => subscription.stop()));
  }

  #nextAppend(stream: StreamName, partition: number): Promise<void> {
    const name = `${stream}/${partition}`;
    const waiting = this.#waiting.get(name) ?? Promise.withResolvers<void>();
    this.#waiting.set(name, waiting);
    return waiting.promise;
  }

  /** Partitions side by side, so that their appends and commits share a flush; each holds one batch at a time. */
  async #run(run: LocalSubscription): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#log.partitions }, (_, partition) => this.#own(run, partition)),
    );
    if (run.failure) throw run.failure.error;
  }

  #stop(run: LocalSubscription): void {
    run.stopping = true;
    for (let partition = 0; partition < this.#log.partitions; partition++)
      this.appended(run.stream, partition);
  }

  async #own(run: LocalSubscription, partition: number): Promise<void> {
    try {
      const from = await run.consumer.assigned(partition);
      await this.#follow(run, partition, from).finally(() => run.consumer.revoked(partition));
    } catch (error) {
      run.failure ??= { error };
      this.#stop(run);
    }
  }

  async #follow(run: LocalSubscription, partition: number, from: number): Promise<void> {
    let next = from;
    while (!run.stopping) {
      const append = this.#nextAppend(run.stream, partition); // asked before reading, so that none is missed
      for await (const batch of this.#log.read(run.stream, partition, next, run.options)) {
        if (run.stopping) return;
        await run.consumer.batch(batch);
        next = batch.positions[batch.count - 1]! + 1;
      }
      if (!run.stopping) await append;
    }
  }
}
