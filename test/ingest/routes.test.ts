import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import type { IngestOptions } from "../../services/ingest/index.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { call, linesOf, openWorld } from "./world.ts";

let world: Awaited<ReturnType<typeof openWorld>>;
const open = async (settings?: object, changes?: Partial<IngestOptions>) => {
  world = await openWorld(settings, changes);
  return world;
};
afterEach(() => world.close());

const ndjson = (...events: object[]) => events.map((event) => JSON.stringify(event)).join("\n");
const events = async () =>
  (await linesOf(world.stream, "events")).map((line) => Event.parse(JSON.parse(line)));
const ids = async () => (await events()).map(({ id }) => id);

it("answers 202 when the events are in the log, stamped with tenant, source and observed time", async () => {
  const { post } = await open({ tenant: "acme" });
  const { status, body } = await post(ndjson(call("e-1")), {}, "?source=gateway");
  expect({ status, body }).toEqual({ status: 202, body: { accepted: 1, rejected: [], rejectedTotal: 0 } });
  const [event] = await events();
  expect(event).toMatchObject({
    tenant: "acme",
    source: "gateway",
    observedTime: "2026-01-05T10:00:00.000Z",
  });
});

it("takes a JSON array, an array over several lines and a single object", async () => {
  const { post } = await open();
  const json = { "content-type": "application/json" };
  await post(JSON.stringify([call("e-1"), call("e-2")]), json);
  await post(JSON.stringify([call("e-3"), call("e-4")], null, 2), json);
  await post(JSON.stringify(call("e-5"), null, 2), json);
  expect(await ids()).toEqual(["e-1", "e-2", "e-3", "e-4", "e-5"]);
});

it("takes gzip and zstd, and refuses another encoding", async () => {
  const { post } = await open();
  const body = ndjson(call("e-1"));
  expect((await post(gzipSync(body), { "content-encoding": "gzip" })).status).toBe(202);
  expect((await post(zstdCompressSync(body), { "content-encoding": "zstd" })).status).toBe(202);
  expect((await post(body, { "content-encoding": "br" })).body.code).toBe("bad-request");
  expect(await ids()).toEqual(["e-1", "e-1"]);
});

it("names the line of what it rejects, goes on with the rest, and keeps the rejected in the dead letters", async () => {
  const { post } = await open();
  const { status, body } = await post(`${ndjson(call("e-1"))}\n\n{"id":7}\n${ndjson(call("e-2"))}\n`);
  expect(status).toBe(202);
  expect(body).toMatchObject({
    accepted: 2,
    rejectedTotal: 1,
    rejected: [{ line: 3, code: "invalid-event" }],
  });
  const [letter] = (await linesOf(world.stream, "dead-letters")).map((line) => JSON.parse(line));
  expect(letter).toMatchObject({ line: 3, place: "http", source: "http", excerpt: '{"id":7}', bytes: 8 });
});

it("answers 400 when it accepted nothing, also for an empty body", async () => {
  const { post } = await open();
  expect(await post('{"id":7}')).toMatchObject({ status: 400, body: { accepted: 0, rejectedTotal: 1 } });
  expect(await post("")).toMatchObject({ status: 400, body: { accepted: 0, rejectedTotal: 0 } });
  expect(await ids()).toEqual([]);
});

it("lists the first hundred rejections, counts all, and keeps a thousand as dead letters with one that counts the rest", async () => {
  const { post } = await open();
  const letters = async () =>
    (await linesOf(world.stream, "dead-letters")).map((line) => JSON.parse(line).message as string);
  await post("x\n".repeat(1000));
  expect((await letters()).filter((message) => message.includes("more records"))).toEqual([]);
  const { body } = await post("x\n".repeat(1500));
  expect(body.rejected.length).toBe(100);
  expect(body.rejectedTotal).toBe(1500);
  expect((await letters()).length).toBe(2001);
  expect((await letters()).at(-1)).toContain("and 500 more records");
});

it("lets others have their turn while it reads a body of many bad lines", async () => {
  const { post } = await open();
  let turns = 0;
  let done = false;
  const turn = () => {
    turns++;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  const body = gzipSync("x\n".repeat(50_000));
  expect((await post(body, { "content-encoding": "gzip" })).body.rejectedTotal).toBe(50_000);
  done = true;
  expect(turns).toBeGreaterThan(50);
});

it("never takes the tenant from a body", async () => {
  const { post } = await open();
  await post(ndjson(call("e-1", { tenant: "another" }), call("e-2", { tenant: { toString: "another" } })));
  expect((await events()).map(({ tenant }) => tenant)).toEqual(["default", "default"]);
});

it("lets an access token name only its tenant and its sources, and only with the role ingest", async () => {
  const token = (name: string, roles: string[]) => ({
    name,
    sha256: createHash("sha256").update(name).digest("hex"),
    roles,
    tenant: "acme",
    sources: ["gateway"],
  });
  const { post } = await open({
    http: { port: 0, tokens: [token("one", ["ingest"]), token("two", ["read"])] },
  });
  const as = (name: string) => ({ authorization: `Bearer ${name}` });
  const body = ndjson(call("e-1", { tenant: "another", source: "another" }));
  expect((await post(body, as("one"), "?source=gateway")).status).toBe(202);
  expect((await post(body, { ...as("one"), "x-offgraph-source": "gateway" })).status).toBe(202);
  expect((await post(body, as("one"))).body.code).toBe("no-access");
  expect((await post(body, as("one"), "?source=another")).status).toBe(403);
  expect((await post(body, as("two"), "?source=gateway")).status).toBe(403);
  expect((await post(body)).status).toBe(401);
  expect((await events()).map(({ tenant, source }) => `${tenant} ${source}`)).toEqual([
    "acme gateway",
    "acme gateway",
  ]);
});

it("refuses a source without a usable name", async () => {
  const { post } = await open();
  expect((await post(ndjson(call("e-1")), {}, "?source=")).body.code).toBe("bad-request");
  expect((await post(ndjson(call("e-1")), {}, "?source=a&source=b")).body.code).toBe("bad-request");
});

it("appends the events of one request in the order of time, causes before effects, then id", async () => {
  const { post } = await open();
  const at = (second: number) => ({ time: `2026-01-05T09:59:0${second}Z` });
  const issued = { ...call("e-9", at(2)), kind: "token.issued", operation: undefined };
  await post(ndjson(call("e-4", at(3)), call("e-2", at(2)), call("e-1", at(2)), issued, call("e-7", at(1))));
  expect(await ids()).toEqual(["e-7", "e-9", "e-1", "e-2", "e-4"]);
});

it("puts an agent's events into the partition of tenant and agent", async () => {
  const { post, stream } = await open();
  await post(ndjson(call("e-1", { agent: { id: "a" } }), call("e-2", { agent: { id: "b" } })));
  for (const agent of ["a", "b"])
    expect(await stream.end("events", partitionOf(`default/${agent}`, 4))).toBeGreaterThan(0);
});

it("gives a bare token's use to the agent that the token was issued to", async () => {
  const { post } = await open();
  const token = { publicId: "jti-7" };
  const issued = { ...call("e-1", { token }), kind: "token.issued", operation: undefined };
  await post(ndjson(issued));
  await post(
    ndjson(
      call("e-2", { token, agent: undefined }),
      call("e-3", { token: { publicId: "jti-8" }, agent: undefined }),
    ),
  );
  const agents = (await events()).map(({ id, ...event }) => [id, "agent" in event && event.agent]);
  expect(Object.fromEntries(agents)).toEqual({
    "e-1": { id: "billing", attribution: "named" },
    "e-2": { id: "billing", attribution: "index" },
    "e-3": { id: "token:jti-8", attribution: "token" },
  });
});

it("answers 413 to a larger body than is allowed, takes nothing of it, and goes on", async () => {
  const { post } = await open({ ingest: { maxBodyBytes: 10_000 } });
  const body = ndjson(...Array.from({ length: 100 }, (_, n) => call(`e-${n}`)));
  expect(await post(body)).toMatchObject({ status: 413, body: { code: "too-large" } });
  expect((await post(gzipSync(body), { "content-encoding": "gzip" })).status).toBe(413);
  expect(await ids()).toEqual([]);
  expect((await post(ndjson(call("e-1")))).status).toBe(202);
});

it("stops a gzip bomb at the limit", async () => {
  const { post } = await open({ ingest: { maxBodyBytes: 1_000_000 } });
  const bomb = gzipSync(Buffer.alloc(50_000_000, " "));
  expect(await post(bomb, { "content-encoding": "gzip" })).toMatchObject({ status: 413 });
});

it("answers 429 with Retry-After while the processor is too far behind", async () => {
  let lag = 11;
  const { post } = await open({ ingest: { maxLagEvents: 10 } }, { lag: () => lag });
  const busy = await post(ndjson(call("e-1")));
  expect([busy.status, busy.headers.get("retry-after"), busy.body.code]).toEqual([429, "1", "busy"]);
  lag = 10;
  expect((await post(ndjson(call("e-1")))).status).toBe(202);
});

it("answers 429 while too many bytes are not yet durable, and takes them when they are", async () => {
  const stream = memoryStream(4);
  const durable = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  let held = 0;
  const slow = {
    ...stream,
    append: async (...records: Parameters<typeof stream.append>) => {
      if (++held === 4) holding.resolve();
      await durable.promise;
      await stream.append(...records);
    },
  };
  const { post } = await open({ ingest: { maxPendingBytes: 1024 } }, { stream: slow });
  const first = Array.from({ length: 4 }, (_, n) => post(ndjson(call(`e-${n}`))));
  await holding.promise;
  const last = ndjson(call("f-1"));
  expect(await post(last)).toMatchObject({ status: 429, body: { code: "busy" } });
  durable.resolve();
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([202, 202, 202, 202]);
  expect((await post(last)).status).toBe(202);
});

it("lets one body be no more than a quarter of the bytes that may be pending", async () => {
  const { post } = await open({ ingest: { maxPendingBytes: 1024 } });
  const two = ndjson(call("e-1"), call("e-2"));
  expect(await post(two)).toMatchObject({ status: 413, body: { code: "too-large" } });
  expect((await post(gzipSync(two), { "content-encoding": "gzip" })).status).toBe(413);
  expect((await post(ndjson(call("e-1")))).status).toBe(202);
});

it("answers 503 and acknowledges nothing while the log does not take the events", async () => {
  const stream = memoryStream(4);
  const down = { ...stream, append: () => Promise.reject(new Error("no space left")) };
  const { post } = await open({}, { stream: down });
  const answer = await post(ndjson(call("e-1")));
  expect([answer.status, answer.headers.get("retry-after"), answer.body.code]).toEqual([
    503,
    "5",
    "unavailable",
  ]);
  expect(answer.text).not.toContain("accepted");
});
