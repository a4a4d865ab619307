/**
 * The part of one process in one group: its subscriptions share a membership, so that partitions of one number have one owner in
 * all streams that a service reads. What this process holds follows what it is given: what is lost is let go after the batch in
 * hand, what is won is opened, what stays is not touched.
 */
import { metrics } from "@opentelemetry/api";
import { OffgraphError } from "../../../schemas/errors.ts";
import type { Subscription } from "../../ports/stream.ts";
import { KafkaClient } from "./client.ts";
import { Fetcher, type FetcherOptions } from "./fetcher.ts";
import { Membership } from "./membership.ts";
import { type ConsumingOptions, DEFAULTS } from "./options.ts";
import { type LogConsumer, OwnedPartition } from "./owned-partition.ts";

interface ConsumerGroupOptions extends ConsumingOptions {
  readonly groupId: string;
  /** Partitions of each topic that it may be subscribed to. */
  readonly topics: ReadonlyMap<string, number>;
  readonly whenShorter: FetcherOptions["whenShorter"];
  /** The last subscription has ended, or is ending. */
  readonly onEmpty: () => void;
}

/** One subscription at work. */
interface TopicSubscription {
  readonly topic: string;
  readonly consumer: LogConsumer;
  readonly maxBytes: number;
  readonly done: PromiseWithResolvers<void>;
  isStopping: boolean;
  failure?: { readonly error: unknown };
}

const meter = metrics.getMeter("offgraph");
const rebalances = meter.createCounter("offgraph_stream_rebalances_total", {
  description: "Times that a group shared out its partitions anew, as seen by this process",
});
const handovers = meter.createCounter("offgraph_stream_handovers_total", {
  description: "Partitions that this process took over or let go",
});
const lagGauge = meter.createObservableGauge("offgraph_stream_lag_records", {
  description: "Records in the log that this process owns and has not read",
});
/** How often it looks whether the group counts on it again. */
const ALIVE_POLL_MS = 100;

export class ConsumerGroup {
  readonly #options: ConsumerGroupOptions;
  /** Follows the topics of the group. */
  readonly client: KafkaClient;
  readonly #membership: Membership;
  readonly #fetcher: Fetcher;
  readonly #runs = new Map<string, TopicSubscription>();
  readonly #held = new Map<string, { readonly run: TopicSubscription; readonly owned: OwnedPartition }>();
  readonly #stopping = new AbortController();
  #given: Set<number> = new Set();
  readonly #working: Promise<void>;

  constructor(options: ConsumerGroupOptions) {
    const { groupId, instanceId, topics, log, whenShorter } = options;
    const { sessionTimeoutMs, stallTimeoutMs } = { ...DEFAULTS, ...options };
    const { signal } = this.#stopping;
    this.#options = options;
    this.client = new KafkaClient(options);
    this.#membership = new Membership({
      client: this.client,
      groupId,
      instanceId,
      sessionTimeoutMs,
      signal,
      partitions: Math.max(...topics.values()),
      topics: () => [...this.#runs.keys()],
      owned: () =>
        [...new Set(Array.from(this.#held.values(), ({ owned }) => owned.partition))].sort((a, b) => a - b),
      assigned: (given, isContinuous) => this.#onAssigned(given, isContinuous),
    });
    this.#fetcher = new Fetcher({
      client: this.client,
      stallTimeoutMs,
      signal,
      whenShorter,
      log: (message) => log?.("warn", message),
      partitions: () => Array.from(this.#held.values(), ({ owned }) => owned),
      find: ({ topic, partition }) => this.#held.get(`${topic}/${partition}`)?.owned,
    });
    this.#working = this.#work();
  }

  /** As `Stream.consume`, of a topic. Errors: `bad-settings` when the group reads it already. */
  consume(topic: string, consumer: LogConsumer, maxBytes: number): Subscription {
    if (this.#runs.has(topic)) {
      const message = `${topic}: the group ${this.#options.groupId} is subscribed twice in this process`;
      throw new OffgraphError("bad-settings", message);
    }
    const run: TopicSubscription = {
      topic,
      consumer,
      maxBytes,
      done: Promise.withResolvers(),
      isStopping: false,
    };
    this.#runs.set(topic, run);
    run.done.promise.catch(() => {}); // told to whoever asks
    this.#membership.rejoin();
    this.#reconcile();
    const stop = async () => {
      this.#stop(run);
      await run.done.promise.catch(() => {});
    };
    return { stop, done: run.done.promise };
  }

  /** Stops all subscriptions. */
  async stop(): Promise<void> {
    const runs = [...this.#runs.values()];
    for (const run of runs) this.#stop(run);
    await Promise.all(runs.map(({ done }) => done.promise.catch(() => {})));
  }

  /** Tells the brokers how far a partition has been read; nothing is read from there by itself. Errors: as `KafkaClient.request`. */
  acknowledge(topic: string, partition: number, position: number): Promise<void> {
    return this.#membership.acknowledge(topic, partition, position);
  }

  async #work(): Promise<void> {
    const { topics, log } = this.#options;
    const { signal } = this.#stopping;
    const patience = { what: "connect", timeoutMs: Number.POSITIVE_INFINITY, signal };
    const observe = this.#observe();
    try {
      await this.client.connect(patience);
      await this.client.follow([...topics.keys()], patience);
      await Promise.all([this.#membership.run(), this.#fetcher.run()]);
    } catch (error) {
      if (signal.aborted) return;
      log?.("warn", `group ${this.#options.groupId}: ${error}`);
      for (const run of this.#runs.values()) this.#fail(run, error);
    } finally {
      observe();
    }
  }

  #onAssigned(given: ReadonlySet<number>, isContinuous: boolean): void {
    rebalances.add(1, { group: this.#options.groupId });
    this.#given = new Set(given);
    if (!isContinuous) for (const { owned } of this.#held.values()) owned.release();
    this.#reconcile();
  }

  /** Lets go of what is not given, and opens what is given and not held. */
  #reconcile(): void {
    for (const { run, owned } of this.#held.values())
      if (run.isStopping || !this.#given.has(owned.partition)) owned.release();
    for (const run of this.#runs.values())
      for (const partition of run.isStopping ? [] : this.#given)
        if (this.#isMissing(run.topic, partition)) this.#open(run, partition);
    for (const run of this.#runs.values()) if (run.isStopping) this.#settle(run);
  }

  /** Topics of a group may have different numbers of partitions. */
  #isMissing(topic: string, partition: number): boolean {
    return partition < (this.#options.topics.get(topic) ?? 0) && !this.#held.has(`${topic}/${partition}`);
  }

  #open(run: TopicSubscription, partition: number): void {
    const { topic, consumer, maxBytes } = run;
    const name = `${topic}/${partition}`;
    const alive = () => this.#alive();
    const owned = new OwnedPartition({
      topic,
      partition,
      consumer,
      maxBytes,
      alive,
      hungry: () => this.#fetcher.wake(),
    });
    this.#held.set(name, { run, owned });
    handovers.add(1, { group: this.#options.groupId, what: "taken over" });
    owned.run().then(
      (end) => this.#onLetGo(name, partition, end === "fenced"),
      (error) => {
        this.#fail(run, error);
        this.#onLetGo(name, partition, false);
      },
    );
  }

  /** The group may give it to somebody else now. What somebody else has already is not opened again before the group says so. */
  #onLetGo(name: string, partition: number, isFenced: boolean): void {
    this.#held.delete(name);
    handovers.add(1, { group: this.#options.groupId, what: isFenced ? "lost" : "let go" });
    if (isFenced) this.#given.delete(partition);
    this.#reconcile();
    const isHeld = [...this.#held.values()].some(({ owned }) => owned.partition === partition);
    if (!isHeld && !this.#stopping.signal.aborted) this.#membership.rejoin();
  }

  #fail(run: TopicSubscription, error: unknown): void {
    run.failure ??= { error };
    this.#stop(run);
  }

  #stop(run: TopicSubscription): void {
    run.isStopping = true;
    this.#reconcile();
  }

  /** Ends a subscription that has let go of everything; the last one takes the membership with it. */
  #settle(run: TopicSubscription): void {
    if (this.#runs.get(run.topic) !== run || [...this.#held.values()].some((held) => held.run === run))
      return;
    this.#runs.delete(run.topic);
    const ended = this.#runs.size === 0 ? this.#end() : Promise.resolve();
    void ended.finally(() => (run.failure ? run.done.reject(run.failure.error) : run.done.resolve()));
  }

  async #end(): Promise<void> {
    this.#options.onEmpty();
    this.#stopping.abort();
    await this.#membership.leave();
    await this.client.close();
    await this.#working;
  }

  /** Waits until the group counts on this process: what it holds may be somebody else's by now. */
  async #alive(): Promise<void> {
    while (!this.#membership.isAlive && !this.#stopping.signal.aborted)
      await this.client.pause(ALIVE_POLL_MS);
  }

  #observe(): () => void {
    const callback = (result: { observe(value: number, attributes: Record<string, string>): void }) => {
      for (const { owned } of this.#held.values())
        result.observe(owned.lag, {
          topic: owned.topic,
          partition: `${owned.partition}`,
          group: this.#options.groupId,
        });
    };
    lagGauge.addCallback(callback);
    return () => lagGauge.removeCallback(callback);
  }
}
