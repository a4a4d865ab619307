/** How gateways ask, and what they are answered, by the real server. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { memoryStream } from "../../services/adapters/memory.ts";
import { type Gate, startGate } from "../../services/gate/index.ts";
import { manualClock } from "../responder/manual-clock.ts";
import { type Ask, asking } from "./asking.ts";
import { agent, denial, HOUR_MS, jwt, NOW_MS, readyGate, serverOf, token } from "./given.ts";

const UNTIL = new Date(NOW_MS + HOUR_MS).toISOString();
const ACTION = `a-${"0".repeat(32)}`;
const JSON_TYPE = { "content-type": "application/json" };

/** Listens until the test is over. */
async function listen(gate: Gate, http: object = {}): Promise<string> {
  const app = serverOf(gate, http);
  onTestFinished(() => app.close());
  return app.listen({ host: "127.0.0.1", port: 0 });
}

async function server(http: object = {}): Promise<Ask> {
  const { gate } = await readyGate(
    denial(agent("a")),
    denial(token("jti-1")),
    denial({ type: "family", id: "grant-1" }),
    denial(agent("Zoë")),
  );
  return asking(await listen(gate, http));
}

const check = (ask: Ask, body: object, headers: Record<string, string> = {}) =>
  ask("/v1/check", { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });

describe("POST /v1/check", () => {
  it("allows and denies in JSON", async () => {
    const ask = await server();
    const allowed = await check(ask, { agent: "b" });
    expect([allowed.status, allowed.json]).toEqual([200, { allowed: true }]);
    expect(allowed.headers["content-type"]).toBe("application/json; charset=utf-8");
    const no = { allowed: false, reason: "left its graph", until: UNTIL, action: ACTION };
    expect((await check(ask, { agent: "a" })).json).toEqual(no);
    expect((await check(ask, { agent: "Zoë" })).json).toEqual(no);
    expect((await check(ask, { token: jwt({ jti: "jti-1" }) })).json).toEqual(no);
    expect((await check(ask, { token: `Bearer ${jwt({ jti: "jti-1" })}` })).json).toEqual(no);
    expect((await check(ask, { token: "Bearer opaque" })).json).toEqual({ allowed: true });
  });
  it("takes parameters and any case of the content type, and a query that it does not read", async () => {
    const ask = await server();
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    const answer = await ask("/v1/check?trace=1", { method: "POST", headers, body: '{"agent":"a"}' });
    expect(answer.json).toMatchObject({ allowed: false });
  });
  it.each([
    [{}],
    [[]],
    ["text"],
    [null],
    [{ tenant: "other", agent: "a" }],
    [{ agent: 1 }],
    [{ agent: "" }],
    [{ agent: "x".repeat(20_000) }],
  ])("refuses what is no question: %j", async (body) => {
    const answer = await check(await server(), body as object);
    expect([answer.status, answer.json]).toMatchObject([400, { code: "bad-request" }]);
  });
  it.each(["", "{", '{"agent":"a"', '{"__proto__":{"agent":"b"}}'])("refuses the body %j", async (body) => {
    const ask = await server();
    const answer = await ask("/v1/check", { method: "POST", headers: JSON_TYPE, body });
    expect([answer.status, answer.json]).toMatchObject([
      400,
      { code: "bad-request", wayOut: expect.any(String) },
    ]);
  });
  it("refuses a body that is not said to be JSON, and one that is too large", async () => {
    const ask = await server();
    const text = await ask("/v1/check", { method: "POST", body: '{"agent":"a"}' });
    expect([text.status, text.json]).toMatchObject([
      400,
      { message: expect.stringContaining("content-type") },
    ]);
    const large = await check(ask, { agent: "x".repeat(2_000_000) });
    expect([large.status, large.json]).toMatchObject([413, { code: "too-large" }]);
  });
  it("answers once the body is there whole, and is not harmed by one that never is", async () => {
    const { gate } = await readyGate(denial(agent("Zoë")));
    const url = new URL(await listen(gate));
    const body = Buffer.from('{"agent":"Zoë"}');
    const head = `POST /v1/check HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const open = async () => {
      const socket = connect(Number(url.port), url.hostname);
      await once(socket, "connect");
      // The cut is within the letter ë.
      await new Promise((written) =>
        socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, 13)]), written),
      );
      return socket;
    };
    const [cut, whole] = [await open(), await open()];
    cut.destroy();
    whole.write(body.subarray(13));
    const [answer] = await once(whole, "data");
    expect(String(answer)).toContain('"allowed":false');
    whole.destroy();
  });
  it("is asked by POST at its own address only", async () => {
    const ask = await server();
    const others = ["/v1/checks", "/v1/check/", "/v1/chec", "/v1/authzs", "/v1/auth"];
    const statuses = await Promise.all(
      others.map(async (path) => (await ask(path, { method: "POST" })).status),
    );
    expect([...statuses, (await ask("/v1/check")).status]).toEqual(Array(6).fill(404));
  });
});

describe("/v1/authz", () => {
  it.each(["/v1/authz", "/v1/authz/", "/v1/authz?x=y", "/v1/authz/orders/1?x=y", "/v1/authz/%zz"])(
    "answers 200 without a body to who may pass, and 403 to who may not: %s",
    async (url) => {
      const ask = await server();
      const good = {
        "x-offgraph-agent": "b",
        "x-offgraph-family": "grant-2",
        authorization: "Bearer opaque",
      };
      const { status, text, headers } = await ask(url, { headers: good });
      expect([status, text, headers["x-offgraph-decision"]]).toEqual([200, "", "allow"]);
      expect((await ask(url, { headers: { ...good, "x-offgraph-agent": "a" } })).status).toBe(403);
    },
  );
  it.each([
    { "x-offgraph-agent": "a" },
    { "x-offgraph-token-id": "jti-1" },
    { "x-offgraph-family": "grant-1" },
    { authorization: `Bearer ${jwt({ sub: "a" })}` },
    { "x-offgraph-agent": "b", authorization: `Bearer ${jwt({ jti: "jti-1" })}` },
    { authorization: `Bearer x, Bearer ${jwt({ jti: "jti-1" })}` },
  ])("answers 403 with the action to ask about, and keeps the reason to itself: %j", async (headers) => {
    const answer = await (await server())("/v1/authz/orders", { headers });
    expect([answer.status, answer.headers["x-offgraph-decision"]]).toEqual([403, "deny"]);
    expect(answer.json).toEqual({
      code: "denied",
      message: "this agent or token may not pass",
      wayOut: expect.any(String),
      action: ACTION,
    });
  });
  it.each(["Bearer\topaque", "Bearer opaque x", "Bearer opaque,", "Bearer x, Bearer opaque", "Bearer"])(
    "answers 403 to a header that is not exactly one token: %j",
    async (authorization) => {
      const answer = await (await server())("/v1/authz/orders", { headers: { authorization } });
      expect([answer.status, Object.keys(answer.json as object)]).toEqual([
        403,
        ["code", "message", "wayOut"],
      ]);
    },
  );
  it("answers 403 to two headers, of which an API might read either", async () => {
    const ask = await server();
    const status = async (...tokens: readonly string[]) =>
      (await ask("/v1/authz", { headers: tokens.flatMap((one) => ["Authorization", `Bearer ${one}`]) }))
        .status;
    expect([await status("x"), await status("x", "opaque")]).toEqual([200, 403]);
  });
  it.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND"])(
    "judges a %s, with or without its body",
    async (method) => {
      const ask = await server();
      const headers = { "x-offgraph-agent": "a" };
      expect((await ask("/v1/authz/orders", { method, headers })).status).toBe(403);
      const body = { headers: { ...headers, "content-type": "text/odd" }, body: "{broken" };
      if (method !== "HEAD") expect((await ask("/v1/authz/orders", { method, ...body })).status).toBe(403);
    },
  );
});

describe("access", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const tokens = [
    { name: "gateway", sha256: sha256("ask"), roles: ["check"], tenant: "default" },
    { name: "other", sha256: sha256("ask-other"), roles: ["check"], tenant: "acme" },
    { name: "sender", sha256: sha256("send"), roles: ["ingest"], tenant: "default" },
  ];
  it("is for tokens with the role check, each in its own tenant", async () => {
    const ask = await server({ tokens });
    const status = async (bearer?: string) => {
      const access: Record<string, string> =
        bearer === undefined ? {} : { "x-offgraph-access": `Bearer ${bearer}` };
      const authz = await ask("/v1/authz", { headers: { "x-offgraph-agent": "a", ...access } });
      const checked = await check(ask, { agent: "a" }, access);
      return [authz.status, checked.status, (checked.json as { allowed?: boolean }).allowed];
    };
    expect(await status()).toEqual([401, 401, undefined]);
    expect(await status("guess")).toEqual([401, 401, undefined]);
    expect(await status("send")).toEqual([403, 403, undefined]);
    expect(await status("ask")).toEqual([403, 200, false]);
    expect(await status("ask-other")).toEqual([200, 200, true]);
  });
  it("keeps web pages from asking, but not a gateway that passes on a page's headers", async () => {
    const ask = await server();
    const headers = { origin: "https://shop.example" };
    expect((await check(ask, { agent: "b" }, headers)).json).toMatchObject({ code: "no-access" });
    expect((await ask("/v1/authz", { headers })).status).toBe(200);
  });
});

it("before the deny list is read all are answered 503, so that a gateway fails closed", async () => {
  const stream = {
    ...memoryStream(1),
    read: async function* () {
      await new Promise(() => {});
    },
  };
  const ask = asking(await listen(startGate({ stream, clock: manualClock(NOW_MS) })));
  for (const answer of [await ask("/v1/authz"), await check(ask, { agent: "b" })]) {
    expect([answer.status, answer.json, answer.headers["retry-after"]]).toMatchObject([
      503,
      { code: "not-ready" },
      "1",
    ]);
  }
});
