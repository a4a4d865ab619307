/** How gateways ask, and what they are answered. */
import { once } from "node:events";
import { get } from "node:http";
import { describe, expect, it } from "vitest";
import { memoryStream } from "../../services/adapters/memory.ts";
import { startGate } from "../../services/gate/index.ts";
import { manualClock } from "../responder/manual-clock.ts";
import { agent, denial, HOUR_MS, jwt, NOW_MS, readyGate, serverOf, token } from "./given.ts";

const UNTIL = new Date(NOW_MS + HOUR_MS).toISOString();
async function server() {
  const { gate } = await readyGate(
    denial(agent("a")),
    denial(token("jti-1")),
    denial({ type: "family", id: "grant-1" }),
  );
  return serverOf(gate);
}

describe("POST /v1/check", () => {
  it("allows and denies in JSON", async () => {
    const app = await server();
    const ask = (body: object) => app.inject({ method: "POST", url: "/v1/check", payload: body });
    expect((await ask({ agent: "b" })).json()).toEqual({ allowed: true });
    const action = `a-${"0".repeat(32)}`;
    const no = { allowed: false, reason: "left its graph", until: UNTIL, action };
    expect((await ask({ agent: "a" })).json()).toEqual(no);
    expect((await ask({ token: jwt({ jti: "jti-1" }) })).json()).toEqual(no);
    expect((await ask({ token: `Bearer ${jwt({ jti: "jti-1" })}` })).json()).toEqual(no);
    expect((await ask({ token: "Bearer opaque" })).json()).toEqual({ allowed: true });
  });
  it.each([
    [{}],
    [[]],
    ["text"],
    [{ tenant: "other", agent: "a" }],
    [{ agent: 1 }],
    [{ agent: "" }],
    [{ agent: "x".repeat(20_000) }],
  ])("refuses what is no question: %j", async (body) => {
    const app = await server();
    const headers = { "content-type": "application/json" };
    const answer = await app.inject({
      method: "POST",
      url: "/v1/check",
      headers,
      payload: JSON.stringify(body),
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "bad-request" });
  });
});

describe("/v1/authz", () => {
  it.each(["/v1/authz", "/v1/authz/", "/v1/authz/orders/1?x=y"])(
    "answers 200 without a body to who may pass: %s",
    async (url) => {
      const app = await server();
      const answer = await app.inject({
        url,
        headers: { "x-offgraph-agent": "b", "x-offgraph-family": "grant-2", authorization: "Bearer opaque" },
      });
      expect([answer.statusCode, answer.body, answer.headers["x-offgraph-decision"]]).toEqual([
        200,
        "",
        "allow",
      ]);
    },
  );
  it.each([
    { "x-offgraph-agent": "a" },
    { "x-offgraph-token-id": "jti-1" },
    { "x-offgraph-family": "grant-1" },
    { authorization: `Bearer ${jwt({ sub: "a" })}` },
    { "x-offgraph-agent": "b", authorization: `Bearer ${jwt({ jti: "jti-1" })}` },
  ])("answers 403 with code and reason to who may not: %j", async (headers) => {
    const app = await server();
    const answer = await app.inject({ url: "/v1/authz/orders", headers });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: "denied", reason: "left its graph", until: UNTIL });
  });
  it.each(["Bearer\topaque", "Bearer opaque x", "Bearer opaque,", "Bearer x, Bearer opaque", "Bearer"])(
    "answers 403 to a header that is not exactly one token: %j",
    async (authorization) => {
      const app = await server();
      const answer = await app.inject({ url: "/v1/authz/orders", headers: { authorization } });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({
        code: "denied",
        reason: "authorization: expected exactly one token",
      });
    },
  );
  it("answers 403 to two headers, of which an API might read either", async () => {
    const app = await server();
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const ask = async (...tokens: readonly string[]) => {
      const headers = tokens.flatMap((token) => ["Authorization", `Bearer ${token}`]);
      const request = get(`${url}/v1/authz`, { headers: ["Host", "example.com", ...headers] });
      const [response] = await once(request, "response");
      response.resume();
      return response.statusCode;
    };
    expect([await ask("x"), await ask("x", "opaque")]).toEqual([200, 403]);
    await app.close();
  });
  it("finds a denied token beside others, and says why it is denied", async () => {
    const app = await server();
    const authorization = `Bearer x, Bearer ${jwt({ jti: "jti-1" })}`;
    const answer = await app.inject({ url: "/v1/authz/orders", headers: { authorization } });
    expect(answer.json()).toMatchObject({ code: "denied", reason: "left its graph" });
  });
  it.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"] as const)(
    "judges a %s, with or without its body",
    async (method) => {
      const app = await server();
      const headers = { "x-offgraph-agent": "a", "content-type": "application/json" };
      expect((await app.inject({ method, url: "/v1/authz/orders", headers })).statusCode).toBe(403);
      const body = {
        method,
        url: "/v1/authz/orders",
        headers: { ...headers, "content-type": "text/odd" },
        payload: "{broken",
      };
      expect((await app.inject(body)).statusCode).toBe(403);
    },
  );
});

describe("before the deny list is read", () => {
  it.each([
    ["POST", "/v1/check"],
    ["GET", "/v1/authz"],
  ] as const)("%s %s answers 503, so that a gateway fails closed", async (method, url) => {
    const stream = {
      ...memoryStream(1),
      read: async function* () {
        await new Promise(() => {});
      },
    };
    const app = serverOf(startGate({ stream, clock: manualClock(NOW_MS) }));
    const answer = await app.inject({ method, url, ...(method === "POST" && { payload: { agent: "b" } }) });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: "not-ready" });
    expect(answer.headers["retry-after"]).toBe("1");
  });
});
