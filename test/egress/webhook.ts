/** A webhook feed on a log and a store of its own, and a real receiver. */
import { setImmediate as turn } from "node:timers/promises";
import { afterEach } from "vitest";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { Finding } from "../../schemas/finding.ts";
import { Settings, type Webhook } from "../../schemas/settings.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { startWebhookFeed, type WebhookFeedOptions } from "../../services/egress/index.ts";
import type { Clock } from "../../services/ports/clock.ts";
import { partitionOf, type Stream } from "../../services/ports/stream.ts";
import { type Receiver, type Reply, startReceiver } from "./receiver.ts";

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
export const OLD_SECRET = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;

/** A clock on which every sleep is over at once. It starts now, because the library checks the time of the signature. */
function hurriedClock(): Clock {
  let nowMs = Date.now();
  return {
    now: () => nowMs,
    async sleep(ms, signal) {
      if (!signal?.aborted) nowMs += ms;
      await turn();
    },
  };
}

export async function put(stream: Stream, value: Finding, position: number) {
  const origin = { stage: "processor", partition: 0, position, index: 0 };
  await stream.append([
    { stream: "findings", partition: 0, value: Buffer.from(JSON.stringify({ origin, value })) },
  ]);
}
export async function until(happens: () => boolean | Promise<boolean>) {
  while (!(await happens())) await turn();
}
export async function deadLetters(stream: Stream): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const batch of stream.read("dead-letters", partitionOf("egress", stream.partitions), 0)) {
    for (let at = 0; at < batch.count; at++) {
      letters.push(JSON.parse(batch.bytes.subarray(batch.starts[at], batch.ends[at]).toString()));
    }
  }
  return letters;
}
export function webhook(url: string, change: Partial<Webhook> = {}): Webhook {
  const given = { name: "soc", url, allowPrivate: true, timeoutMs: 2000, ...change };
  return Settings.parse({ feeds: { webhooks: [given] } }).feeds.webhooks[0] as Webhook;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
export async function receiver(...replies: [Reply, ...Reply[]]): Promise<Receiver> {
  const started = await startReceiver(...replies);
  closing.push(started.close);
  return started;
}
/** A feed on a log and a store of its own, unless some are given. */
export function feed(to: Webhook, change: Partial<WebhookFeedOptions> = {}) {
  const options = {
    stream: memoryStream(1),
    store: memoryStore(),
    clock: hurriedClock(),
    webhook: to,
    secrets: [SECRET],
    random: () => 0,
    ...change,
  };
  const service = startWebhookFeed(options);
  closing.push(() => service.stop());
  return { ...options, service };
}
