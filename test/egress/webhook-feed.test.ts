/** Webhooks against a real receiver that verifies with the published library. */
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { Finding } from "../../schemas/finding.ts";
import { Settings, type Webhook } from "../../schemas/settings.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { startWebhookFeed, type WebhookFeedOptions } from "../../services/egress/index.ts";
import type { Clock } from "../../services/ports/clock.ts";
import { partitionOf, type Stream } from "../../services/ports/stream.ts";
import { finding } from "../responder/given.ts";
import { manualClock } from "../responder/manual-clock.ts";
import { type Receiver, type Reply, startReceiver, verified } from "./receiver.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const OLD_SECRET = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
const MINUTE_MS = 60_000;

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

async function put(stream: Stream, value: Finding, position: number) {
  const origin = { stage: "processor", partition: 0, position, index: 0 };
  await stream.append([
    { stream: "findings", partition: 0, value: Buffer.from(JSON.stringify({ origin, value })) },
  ]);
}
async function until(happens: () => boolean | Promise<boolean>) {
  while (!(await happens())) await turn();
}
async function deadLetters(stream: Stream): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const batch of stream.read("dead-letters", partitionOf("egress", stream.partitions), 0)) {
    for (let at = 0; at < batch.count; at++) {
      letters.push(JSON.parse(batch.bytes.subarray(batch.starts[at], batch.ends[at]).toString()));
    }
  }
  return letters;
}
function webhook(url: string, change: Partial<Webhook> = {}): Webhook {
  const given = { name: "soc", url, allowPrivate: true, timeoutMs: 2000, ...change };
  return Settings.parse({ feeds: { webhooks: [given] } }).feeds.webhooks[0] as Webhook;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
async function receiver(...replies: [Reply, ...Reply[]]): Promise<Receiver> {
  const started = await startReceiver(...replies);
  closing.push(started.close);
  return started;
}
/** A feed on a log and a store of its own, unless some are given. */
function feed(to: Webhook, change: Partial<WebhookFeedOptions> = {}) {
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

describe("a webhook", () => {
  it("delivers a finding whose signature holds, and not one that is too mild", async () => {
    const to = await receiver(200);
    const { stream } = feed(webhook(to.url, { minSeverity: "high" }));
    await put(stream, finding(1, { severity: "low" }), 1);
    await put(stream, finding(2), 2);
    await until(() => to.received.length > 0);
    expect(to.received).toHaveLength(1);
    const [request] = to.received as [(typeof to.received)[number]];
    expect(verified(request, SECRET)).toEqual({
      type: "finding.created",
      timestamp: finding(2).time,
      data: finding(2),
    });
    expect(request.headers).toMatchObject({
      "webhook-id": finding(2).id,
      "content-type": "application/json",
    });
    expect(() => verified(request, OLD_SECRET)).toThrow("No matching signature");
  });

  it("signs with both secrets while they are changed", async () => {
    const to = await receiver(200);
    const { stream } = feed(webhook(to.url), { secrets: [SECRET, OLD_SECRET] });
    await put(stream, finding(1), 1);
    await until(() => to.received.length === 1);
    for (const secret of [SECRET, OLD_SECRET])
      verified(to.received[0] as (typeof to.received)[number], secret);
    expect(to.received[0]?.headers["webhook-signature"]?.toString().split(" ")).toHaveLength(2);
  });

  it("sends a finding once, even if the processor sends it twice", async () => {
    const to = await receiver(200);
    const { stream } = feed(webhook(to.url));
    for (const position of [1, 1, 2]) await put(stream, finding(position), position);
    await until(() => to.received.length === 2);
    expect(to.received.map(({ headers }) => headers["webhook-id"])).toEqual([finding(1).id, finding(2).id]);
  });

  it.each(["whsec_c2hvcnQ=", Buffer.alloc(32).toString("base64"), ""])(
    "refuses the secret %j without showing it",
    (secret) => {
      const start = () => feed(webhook("https://example.com/"), { secrets: [secret] });
      expect(start).toThrow(expect.objectContaining({ code: "bad-settings" }));
      expect(start).toThrow("feeds.webhooks soc: secret: expected whsec_ and base64 of 24 to 64 bytes");
    },
  );
});

describe("a delivery that fails", () => {
  it("is tried again with the same id, and delivered", async () => {
    const to = await receiver(503, 200);
    const { stream, clock } = feed(webhook(to.url));
    const startMs = clock.now();
    await put(stream, finding(1), 1);
    await until(() => to.received.length === 2);
    expect(to.received.map((one) => one.headers["webhook-id"])).toEqual([finding(1).id, finding(1).id]);
    expect(to.received[1]?.body).toBe(to.received[0]?.body);
    for (const request of to.received) verified(request, SECRET);
    expect(clock.now() - startMs).toBe(5000);
    expect(await deadLetters(stream)).toEqual([]);
  });

  it("waits as long as Retry-After says, in seconds or as a date", async () => {
    const date = new Date(Date.now() + 40 * MINUTE_MS).toUTCString();
    const to = await receiver([429, { "retry-after": "600" }], [503, { "retry-after": date }], 200);
    const { stream, clock } = feed(webhook(to.url));
    const startMs = clock.now();
    await put(stream, finding(1), 1);
    await until(() => to.received.length === 3);
    const times = to.received.map((one) => Number(one.headers["webhook-timestamp"]) * 1000 - startMs);
    expect(times[1]).toBeGreaterThanOrEqual(10 * MINUTE_MS - 1000);
    expect(times[2]).toBeGreaterThanOrEqual(39 * MINUTE_MS);
  });

  it("is set aside after the last try, with its reason, while others are delivered", async () => {
    const to = await receiver(500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 200);
    const { stream, clock } = feed(webhook(to.url));
    const startMs = clock.now();
    await put(stream, finding(1), 1);
    await until(async () => (await deadLetters(stream)).length === 1);
    expect(to.received).toHaveLength(10);
    expect((clock.now() - startMs) / MINUTE_MS).toBeCloseTo(60 * 75 + 35, 0);
    const [letter] = await deadLetters(stream);
    expect(letter).toMatchObject({ code: "delivery-failed", place: "webhook:soc", source: "egress" });
    expect(letter?.message).toContain("after 10 attempts: it answered 500");
    expect(JSON.parse(letter?.excerpt ?? "")).toMatchObject({ id: finding(1).id });
    await put(stream, finding(2), 2);
    await until(() => to.received.length === 11);
  });

  it("is one that is redirected: nothing is sent elsewhere", async () => {
    const elsewhere = await receiver(200);
    const to = await receiver([302, { location: elsewhere.url }]);
    const { stream } = feed(webhook(to.url));
    await put(stream, finding(1), 1);
    await until(async () => (await deadLetters(stream)).length === 1);
    expect(elsewhere.received).toEqual([]);
    expect((await deadLetters(stream))[0]?.message).toContain("it answered 302");
  });

  it("is one that is not answered in time, or by nobody", async () => {
    const to = await receiver("hang", 200);
    const slow = feed(webhook(to.url, { timeoutMs: 100 }));
    await put(slow.stream, finding(1), 1);
    await until(() => to.received.length === 2);
    await to.close();
    await put(slow.stream, finding(2), 2);
    await until(async () => (await deadLetters(slow.stream)).length === 1);
    expect((await deadLetters(slow.stream))[0]?.message).toContain("ECONNREFUSED");
  });
});

describe("an endpoint that answers 410", () => {
  it("is sent nothing more, also after a restart, and what waited is set aside", async () => {
    const to = await receiver(410, 200);
    const first = feed(webhook(to.url));
    await put(first.stream, finding(1), 1);
    await until(async () => (await deadLetters(first.stream)).length === 1);
    await first.service.stop();
    const second = feed(webhook(to.url), { stream: first.stream, store: first.store });
    await put(first.stream, finding(2), 2);
    await until(async () => (await first.store.position("webhook-soc", 0)) === 2);
    await second.service.stop();
    expect(to.received).toHaveLength(1);
  });
  it("is another one once its URL is changed", async () => {
    const [gone, to] = [await receiver(410), await receiver(200)];
    const first = feed(webhook(gone.url));
    await put(first.stream, finding(1), 1);
    await until(async () => (await deadLetters(first.stream)).length === 1);
    await first.service.stop();
    feed(webhook(to.url), { stream: first.stream, store: first.store });
    await put(first.stream, finding(2), 2);
    await until(() => to.received.length === 1);
  });
});

describe("what waits to be delivered", () => {
  it("survives a restart and is delivered with the same id", async () => {
    const to = await receiver(500, 200);
    const clock = manualClock(Date.now());
    const first = feed(webhook(to.url), { clock });
    await put(first.stream, finding(1), 1);
    await until(() => to.received.length === 1);
    await clock.asleep();
    await first.service.stop();
    feed(webhook(to.url), { clock, stream: first.stream, store: first.store });
    await clock.asleep();
    expect(to.received).toHaveLength(1);
    clock.advance(5000);
    await until(() => to.received.length === 2);
    expect(to.received[1]?.headers["webhook-id"]).toBe(finding(1).id);
  });

  it("is bounded: the oldest is set aside", async () => {
    const to = await receiver(500);
    const clock = manualClock(Date.now());
    const { stream } = feed(webhook(to.url), { clock, maxPending: 2 });
    for (const number of [1, 2, 3]) await put(stream, finding(number), number);
    await until(async () => (await deadLetters(stream)).length === 1);
    expect((await deadLetters(stream))[0]?.message).toMatch(`${finding(1).id} was set aside`);
  });
});

describe("a target inside the network", () => {
  it.each([
    "http://127.0.0.1:1/",
    "http://[::ffff:10.0.0.1]/",
    "http://0x7f.1/",
    "http://[fd00::1]/",
    "http://169.254.169.254/",
  ])("is refused when the URL names it: %s", async (url) => {
    const { stream } = feed(webhook(url, { allowPrivate: false }));
    await put(stream, finding(1), 1);
    await until(async () => (await deadLetters(stream)).length === 1);
    expect((await deadLetters(stream))[0]?.message).toContain("its address is not public");
  });
  it("is refused when a public name resolves to it, and no connection is made", async () => {
    const to = await receiver(200);
    const { port } = new URL(to.url);
    const addresses = [
      { address: "1.1.1.1", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    const { stream } = feed(webhook(`http://hooks.example.com:${port}/`, { allowPrivate: false }), {
      resolve: async () => addresses,
    });
    await put(stream, finding(1), 1);
    await until(async () => (await deadLetters(stream)).length === 1);
    expect((await deadLetters(stream))[0]?.message).toContain("its address is not public");
    expect(to.received).toEqual([]);
  });
});
