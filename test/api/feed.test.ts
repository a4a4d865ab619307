import { getEventListeners, once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import { MAX_READERS, SLOW_MS, turnOf } from "../../services/api/feed.ts";
import { type Message, messages } from "../../services/cli/feed-client.ts";
import type { Clock } from "../../services/ports/clock.ts";
import { clock, world } from "./world.ts";

let open: Awaited<ReturnType<typeof world>> | undefined;
const closing = new Set<AbortController>();
afterEach(async () => {
  for (const one of closing) one.abort();
  closing.clear();
  await open?.close();
});
const start = async () => {
  open = await world();
  return open;
};

/** Connects, each reader by a connection of its own, and reads message by message. */
async function connect(url: string, query = "", headers: Record<string, string> = {}) {
  const abort = new AbortController();
  closing.add(abort);
  const request = get(`${url}/v1/findings/stream${query}`, { headers, agent: false, signal: abort.signal });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  request.on("error", () => {});
  const reader = messages(response);
  const next = async (): Promise<Message> => (await reader.next()).value as Message;
  /** The next message that holds a finding. */
  const finding = async (): Promise<{ id: string; number: number }> => {
    const { id = "", data } = await next();
    if (data === undefined) return finding();
    return { id, number: Number.parseInt((JSON.parse(data) as Finding).id.slice(2), 16) };
  };
  return { response, next, finding, leave: () => abort.abort() };
}

describe("the findings feed", () => {
  it("tells what comes, not what was", async () => {
    const { url, found } = await start();
    await found(1);
    const reader = await connect(url);
    expect(reader.response.headers["content-type"]).toBe("text/event-stream");
    await reader.next();
    await found(2);
    expect((await reader.finding()).number).toBe(2);
  });

  it("goes on after Last-Event-ID, with nothing lost and nothing twice, over all partitions", async () => {
    const { url, found } = await start();
    const agents = ["billing", "travel", "support", "review", "pipeline", "buyer"];
    const first = await connect(url);
    await first.next();
    for (const [at, agent] of agents.entries()) await found(at, { agent });
    const seen = [await first.finding(), await first.finding()];
    first.leave();
    const second = await connect(url, "", { "last-event-id": seen.at(-1)?.id ?? "" });
    while (seen.length < agents.length) seen.push(await second.finding());
    await found(99);
    expect((await second.finding()).number).toBe(99);
    expect(seen.map((one) => one.number).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("goes on from the beginning of a log that was empty", async () => {
    const { url, found } = await start();
    const first = await connect(url);
    const { id } = await first.next();
    first.leave();
    await found(1);
    const second = await connect(url, `?after=${id}`);
    expect((await second.finding()).number).toBe(1);
  });

  it("leaves out what is filtered", async () => {
    const { url, found } = await start();
    const reader = await connect(url, "?severity=high&agent=travel");
    await reader.next();
    await found(1, { agent: "billing" });
    await found(2, { agent: "travel", severity: "low" });
    await found(3, { agent: "travel", severity: "critical" });
    expect((await reader.finding()).number).toBe(3);
  });

  it("refuses a vector that it did not make", async () => {
    const { url } = await start();
    for (const after of ["nonsense", "9:1", "0:x", "0:-1", "1e1:3"]) {
      const { response } = await connect(url, `?after=${after}`);
      expect(response.statusCode).toBe(400);
    }
  });

  it("refuses a place that the log does not have, and says what to do", async () => {
    const { url, found } = await start();
    await found(1);
    const reader = await connect(url);
    const { id = "" } = await reader.next();
    const [partition, position] = id.split(":").map(Number);
    expect((await connect(url, "", { "last-event-id": id })).response.statusCode).toBe(200);
    for (const last of [`${partition}:${Number(position) + 1}`, "4:0", `0:${2 ** 60}`]) {
      const { response } = await connect(url, "", { "last-event-id": last });
      const { code, message } = (await json(response)) as { code: string; message: string };
      expect([response.statusCode, code]).toEqual([400, "bad-request"]);
      expect(message).toContain("connect without it");
    }
  });

  it("has a most number of readers, and room again when one leaves", async () => {
    const { url } = await start();
    const readers = await Promise.all(Array.from({ length: MAX_READERS }, () => connect(url)));
    expect((await connect(url)).response.statusCode).toBe(429);
    readers[0]?.leave();
    await expect.poll(async () => (await connect(url)).response.statusCode).toBe(200);
  });

  it("lets a reader go that takes nothing, and bothers no other", async () => {
    const patience = Promise.withResolvers<void>();
    const isSlow = Promise.withResolvers<void>();
    const sleep: Clock["sleep"] = async (ms, signal) => {
      if (ms === SLOW_MS) isSlow.resolve();
      await (ms === SLOW_MS ? patience.promise : clock.sleep(ms, signal));
    };
    open = await world({}, [], { ...clock, sleep });
    const { url, found } = open;
    const lazy = await connect(url);
    lazy.response.pause();
    const large = "x".repeat(500_000);
    for (let number = 0; number < 20; number++) await found(number, { summary: large });
    await isSlow.promise;
    patience.resolve();
    const gone = new Promise((resolve) => lazy.response.on("close", resolve));
    lazy.response.on("error", () => {}).resume();
    await gone;
    expect(lazy.response.complete).toBe(false);
    const other = await connect(url);
    await other.next();
    await found(99);
    expect((await other.finding()).number).toBe(99);
  });

  it("ends when the server closes", async () => {
    const { url, app } = await start();
    const reader = await connect(url);
    await reader.next();
    await app.close();
    expect(await reader.next()).toBeUndefined();
  });
});

describe("a reader's turn", () => {
  const never = new Promise<void>(() => {});
  it("listens for the end once, and leaves nothing with the signal", async () => {
    const { signal } = new AbortController();
    for (let turn = 0; turn < 100; turn++) {
      const news = Promise.withResolvers<void>();
      const over = turnOf(news.promise, signal);
      expect(getEventListeners(signal, "abort").length).toBe(1);
      news.resolve();
      await over;
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
  });

  it("ends with the signal, also with one that was aborted before", async () => {
    const gone = new AbortController();
    const over = turnOf(never, gone.signal);
    gone.abort();
    await over;
    await turnOf(never, gone.signal);
    expect(getEventListeners(gone.signal, "abort")).toEqual([]);
  });
});
