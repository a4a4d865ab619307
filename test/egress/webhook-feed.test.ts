/** Webhooks against a real receiver that verifies with the published library. */
import { describe, expect, it } from "vitest";
import { finding } from "../responder/given.ts";
import { manualClock } from "../responder/manual-clock.ts";
import { verified } from "./receiver.ts";
import { deadLetters, feed, OLD_SECRET, put, receiver, SECRET, until, webhook } from "./webhook.ts";

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
