/**
 * Findings as signed webhooks (Standard Webhooks 1.0), one feed per endpoint.
 *
 * At least once: a finding is delivered until the endpoint answers 2xx, at most ten times over three days, then set aside in the
 * dead letters. After a crash an attempt may be repeated with the same `webhook-id`, by which receivers tell repeats.
 * Order is not promised.
 */
import { createHash } from "node:crypto";
import type { Finding } from "../../../schemas/finding.ts";
import { isAtLeast } from "../../../schemas/ids.ts";
import type { Webhook } from "../../../schemas/settings.ts";
import type { Service } from "../../http.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Store } from "../../ports/store.ts";
import type { RecordBatch, Stream, Subscription } from "../../ports/stream.ts";
import { type Resolve, systemResolve } from "./webhook/address-guard.ts";
import { type Attempt, senderTo, type WebhookSender } from "./webhook/attempt.ts";
import { deadLetterOf } from "./webhook/dead-letter.ts";
import { attemptsTotal, deadLettersTotal, leftOutTotal, observePending } from "./webhook/metrics.ts";
import { type Delivery, openQueue, type Queue } from "./webhook/queue.ts";
import { retryDelayMs } from "./webhook/schedule.ts";
import { secretBytes } from "./webhook/signature.ts";

/** What one webhook is fed from, and how. */
export interface WebhookFeedOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly webhook: Webhook;
  /** `whsec_...`; several while they are changed, the newest first. */
  readonly secrets: readonly string[];
  /** From 0 to 1, for the jitter of retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: the system's. */
  readonly resolve?: Resolve;
  /** Most deliveries that wait in each partition, default 2,000; beyond it the oldest goes to the dead letters. */
  readonly maxPending?: number;
}

const MAX_BATCH_BYTES = 262_144;
const MAX_PENDING = 2000;
/** Attempts that are under way at the same time. */
const MAX_AT_ONCE = 8;
/** Longest sleep, so that a clock that is set forward is noticed. */
const MAX_SLEEP_MS = 60_000;

/** Starts the feed of one endpoint. Throws `bad-settings` for a secret that is none. */
export function startWebhookFeed(options: WebhookFeedOptions): Service {
  const { webhook, secrets, resolve = systemResolve } = options;
  const bytes = secrets.map((secret) => secretBytes(secret, webhook.name));
  return new WebhookFeed(options, senderTo(webhook, bytes, resolve));
}

interface Due {
  readonly queue: Queue;
  readonly delivery: Delivery;
}

/** Owns the connections to one endpoint and the queues of its partitions. */
class WebhookFeed implements Service {
  readonly done: Promise<void>;
  readonly #options: WebhookFeedOptions;
  readonly #sender: WebhookSender;
  readonly #queues = new Map<number, Queue>();
  readonly #unobserve: () => void;
  readonly #subscription: Subscription;
  readonly #delivering: Promise<void>;
  readonly #stopping = new AbortController();
  /** Tells this endpoint from another one of the same name, without keeping its URL. */
  readonly #mark: string;
  #wake = new AbortController();
  #disabled = false;
  #holdUntilMs = 0;

  constructor(options: WebhookFeedOptions, sender: WebhookSender) {
    const { name, url } = options.webhook;
    this.#options = options;
    this.#sender = sender;
    this.#mark = createHash("sha256").update(url).digest("hex");
    this.#unobserve = observePending(name, () => this.#pending);
    this.#subscription = this.#subscribe(`webhook-${name}`);
    this.#delivering = this.#deliver();
    this.done = this.#finish();
  }

  waitingFor(): string | undefined {
    return this.#queues.size > 0 ? undefined : `webhook ${this.#options.webhook.name} has no partition yet`;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled([this.#subscription.stop(), this.#delivering]);
    await this.#sender.close();
    this.#unobserve();
  }

  async #finish(): Promise<void> {
    try {
      await Promise.all([this.#subscription.done, this.#delivering]);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  get #pending(): number {
    return [...this.#queues.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #subscribe(space: string): Subscription {
    const { stream, store } = this.#options;
    const assigned = async (partition: number) => {
      const queue = await openQueue(store, space, partition);
      this.#queues.set(partition, queue);
      if (this.#disabled || queue.disabled === this.#mark) await this.#disable();
      this.#wake.abort();
      return queue.position;
    };
    const revoked = async (partition: number) => {
      this.#queues.delete(partition);
    };
    const batch = (records: RecordBatch) => this.#take(records);
    return stream.consume("findings", space, { assigned, batch, revoked }, { maxBytes: MAX_BATCH_BYTES });
  }

  async #take(batch: RecordBatch): Promise<void> {
    const queue = this.#queues.get(batch.partition);
    if (queue === undefined) return;
    await queue.take(batch, (finding) => this.#wants(finding), this.#options.clock.now());
    const excess = queue.size - (this.#options.maxPending ?? MAX_PENDING);
    if (excess > 0) await this.#setAside(queue, queue.deliveries.slice(0, excess), "too many wait");
    this.#wake.abort();
  }

  #wants({ severity }: Finding): boolean {
    if (!isAtLeast(severity, this.#options.webhook.minSeverity)) return false;
    if (this.#disabled) leftOutTotal.add(1, { webhook: this.#options.webhook.name });
    return !this.#disabled;
  }

  async #deliver(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      const due = this.#due();
      if (due.length === 0) await this.#sleep();
      else await Promise.all(due.map((one) => this.#attempt(one)));
    }
  }

  #due(): Due[] {
    const nowMs = this.#options.clock.now();
    if (nowMs < this.#holdUntilMs || this.#disabled) return [];
    return this.#waiting()
      .filter(({ delivery }) => delivery.dueMs <= nowMs)
      .sort((one, other) => one.delivery.dueMs - other.delivery.dueMs)
      .slice(0, MAX_AT_ONCE);
  }

  #waiting(): Due[] {
    return [...this.#queues.values()].flatMap((queue) =>
      queue.deliveries.map((delivery) => ({ queue, delivery })),
    );
  }

  /** Until the next attempt is due, or something new comes in. */
  async #sleep(): Promise<void> {
    const { clock } = this.#options;
    const signal = AbortSignal.any([this.#wake.signal, this.#stopping.signal]);
    const dueMs = this.#waiting().reduce((least, { delivery }) => Math.min(least, delivery.dueMs), Infinity);
    if (dueMs === Infinity || this.#disabled) return aborted(signal);
    const sleepMs = Math.max(dueMs, this.#holdUntilMs) - clock.now();
    await clock.sleep(Math.min(Math.max(sleepMs, 0), MAX_SLEEP_MS), signal);
  }

  async #attempt({ queue, delivery }: Due): Promise<void> {
    const { clock, webhook } = this.#options;
    const attempt = await this.#sender.send(delivery.finding, clock.now(), this.#stopping.signal);
    if (attempt === undefined) return;
    attemptsTotal.add(1, { webhook: webhook.name, result: attempt.result });
    // While it was under way it may have been set aside.
    if (!queue.has(delivery)) return;
    if (attempt.result === "delivered") await queue.remove([delivery]);
    else if (attempt.result === "gone") await this.#disable();
    else await this.#retry(queue, delivery, attempt);
  }

  async #retry(
    queue: Queue,
    before: Delivery,
    { reason, holdMs = 0 }: Attempt & { result: "failed" },
  ): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    const attempts = before.attempts + 1;
    const delayMs = retryDelayMs(attempts, random());
    this.#holdUntilMs = Math.max(this.#holdUntilMs, clock.now() + holdMs);
    if (delayMs === undefined) await this.#setAside(queue, [{ ...before, attempts }], reason);
    else await queue.postpone({ ...before, attempts, dueMs: clock.now() + Math.max(delayMs, holdMs) });
  }

  /** Nothing more is sent to this URL, also after a restart. What was waiting is set aside. */
  async #disable(): Promise<void> {
    this.#disabled = true;
    for (const queue of this.#queues.values()) {
      if (queue.disabled !== this.#mark) await queue.disable(this.#mark);
      await this.#setAside(queue, queue.deliveries, "the receiver answered 410 and wants no more");
    }
  }

  async #setAside(queue: Queue, deliveries: readonly Delivery[], reason: string): Promise<void> {
    if (deliveries.length === 0) return;
    const { stream, clock, webhook } = this.#options;
    const letters = deliveries.map((delivery) =>
      deadLetterOf(delivery, reason, webhook.name, clock.now(), stream.partitions),
    );
    await stream.append(letters);
    await queue.remove(deliveries);
    deadLettersTotal.add(letters.length, { webhook: webhook.name });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
