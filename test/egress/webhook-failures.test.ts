/** Deliveries that fail: tried again, set aside, or never tried again. */
import { describe, expect, it } from "vitest";
import { finding, MINUTE_MS } from "../responder/given.ts";
import { verified } from "./receiver.ts";
import { deadLetters, feed, put, receiver, SECRET, until, webhook } from "./webhook.ts";

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
