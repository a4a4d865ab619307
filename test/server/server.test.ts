import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { OffgraphError } from "../../schemas/errors.ts";
import { Settings } from "../../schemas/settings.ts";
import { createServer, listen } from "../../services/server/server.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const TOKENS = [
  { name: "reader", sha256: sha256("read-me"), roles: ["read"], tenant: "acme" },
  { name: "sender", sha256: sha256("send-me"), roles: ["ingest"], sources: ["offgraph"] },
];

function server(
  http: object = {},
  waiting: string[] = [],
  wrong: string[] = [],
): { app: FastifyInstance; faults: Error[] } {
  const faults: Error[] = [];
  const app = createServer({
    settings: Settings.parse({ http }),
    waitingFor: () => waiting,
    degraded: () => wrong,
    metrics: async () => "offgraph_test_total 1\n",
    onFault: (fault) => faults.push(fault),
  });
  app.get("/who", { config: { role: "read" } }, async ({ access }) => ({
    ...access,
    roles: [...access.roles],
    sources: access.sources && [...access.sources],
  }));
  app.post("/send", { config: { role: "ingest" } }, async () => ({ sent: true }));
  app.get("/ask", { config: { role: "check" } }, async () => ({ denied: false }));
  app.get("/authz", { config: { role: "check", foreignHeaders: true } }, async () => ({ denied: false }));
  app.get("/busy", { config: { role: "read" } }, async () => {
    throw new OffgraphError("busy", "too much");
  });
  app.get("/broken", { config: { role: "read" } }, async () => {
    throw new Error("secret detail");
  });
  return { app, faults };
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("without tokens", () => {
  it("refuses to listen for the network, and says the way out", () => {
    expect(() => server({ host: "0.0.0.0" })).toThrow(
      /http\.host: expected a loopback address.*got 0\.0\.0\.0.*offgraph config token/,
    );
    expect(() => server({ host: "0.0.0.0", tokens: TOKENS })).not.toThrow();
    expect(() => server({ host: "::1" })).not.toThrow();
  });

  it("lets loopback do everything in the default tenant", async () => {
    const { app } = server();
    expect((await app.inject("/who")).json()).toMatchObject({
      name: "loopback",
      tenant: "default",
      roles: ["ingest", "read", "act", "check"],
    });
  });

  it("refuses a foreign Host, as in DNS rebinding", async () => {
    const { app } = server();
    const answer = await app.inject({ url: "/who", headers: { host: "evil.example:7070" } });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({
      code: "no-access",
      message: expect.stringContaining("evil.example"),
    });
    for (const host of ["localhost:7070", "127.0.0.1", "[::1]:7070"]) {
      expect((await app.inject({ url: "/who", headers: { host } })).statusCode).toBe(200);
    }
  });

  it("refuses web pages: an Origin, or a request that a site made", async () => {
    const { app } = server();
    const send = (headers: Record<string, string>) => app.inject({ method: "POST", url: "/send", headers });
    expect((await send({ origin: "https://evil.example" })).statusCode).toBe(403);
    expect((await send({ origin: "null" })).statusCode).toBe(403);
    expect((await send({ "sec-fetch-site": "cross-site" })).statusCode).toBe(403);
    expect((await send({})).statusCode).toBe(200);
  });

  it("lets a gateway ask with the headers of the request that it asks about", async () => {
    const { app } = server();
    const headers = { host: "shop.example", origin: "https://shop.example" };
    expect((await app.inject({ url: "/authz", headers })).statusCode).toBe(200);
    expect((await app.inject({ url: "/ask", headers })).statusCode).toBe(403);
    expect((await app.inject("/ask")).statusCode).toBe(200);
  });
});

describe("with tokens", () => {
  const { app } = server({ tokens: TOKENS });
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

  it("asks for one", async () => {
    const answer = await get("/who");
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
    expect(answer.json()).toMatchObject({
      code: "no-access",
      wayOut: expect.stringContaining("Authorization"),
    });
    expect((await get("/who", bearer("wrong"))).statusCode).toBe(401);
    expect((await get("/who", { authorization: "Basic cmVhZC1tZQ==" })).statusCode).toBe(401);
  });

  it("takes tenant and roles from the token", async () => {
    expect((await get("/who", bearer("read-me"))).json()).toMatchObject({
      name: "reader",
      tenant: "acme",
      roles: ["read"],
    });
  });

  it("names the role that is missing", async () => {
    const answer = await get("/who", bearer("send-me"));
    expect(answer.statusCode).toBe(403);
    expect(answer.json().message).toContain("role read");
    expect((await app.inject({ method: "POST", url: "/send", headers: bearer("send-me") })).statusCode).toBe(
      200,
    );
  });

  it("takes a gateway's token from X-Offgraph-Access, because Authorization holds the one it asks about", async () => {
    const headers = { ...bearer("somebody-else's"), "x-offgraph-access": "Bearer read-me" };
    expect((await get("/who", headers)).statusCode).toBe(200);
  });

  it("asks for one at unknown addresses and metrics, and not at health", async () => {
    expect((await get("/nowhere")).statusCode).toBe(401);
    expect((await get("/nowhere", bearer("read-me"))).json()).toMatchObject({ code: "not-found" });
    expect((await get("/metrics")).statusCode).toBe(401);
    expect((await get("/metrics", bearer("read-me"))).body).toContain("offgraph_test_total 1");
    expect((await get("/healthz")).statusCode).toBe(200);
  });
});

describe("answers", () => {
  it("readiness with what is waited for", async () => {
    expect((await server({}, []).app.inject("/readyz")).json()).toEqual({ status: "ready", waitingFor: [] });
    const waiting = await server({}, ["gate: denials are being read"]).app.inject("/readyz");
    expect(waiting.statusCode).toBe(503);
    expect(waiting.json().waitingFor).toEqual(["gate: denials are being read"]);
  });

  it("health with what is not as it should be, which is no reason to be restarted", async () => {
    expect((await server().app.inject("/healthz")).json()).toEqual({ status: "ok" });
    const degraded = await server({}, [], ["processor: the stored state of 3 agents"]).app.inject("/healthz");
    expect([degraded.statusCode, degraded.json()]).toEqual([
      200,
      { status: "degraded", degraded: ["processor: the stored state of 3 agents"] },
    ]);
  });

  it("errors with code, message and way out", async () => {
    const busy = await server().app.inject("/busy");
    expect(busy.statusCode).toBe(429);
    expect(busy.headers["retry-after"]).toBe("1");
    expect(busy.json()).toMatchObject({ code: "busy", message: "too much", wayOut: expect.any(String) });
  });

  it("faults without their text, which goes to the log", async () => {
    const { app, faults } = server();
    const answer = await app.inject("/broken");
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("secret detail");
    expect(faults.map((fault) => fault.message)).toEqual(["secret detail"]);
  });

  it("a body over the limit with 413, and one that is not JSON with 400", async () => {
    const { app } = server();
    const headers = { "content-type": "application/json" };
    const post = (payload: string) => app.inject({ method: "POST", url: "/send", headers, payload });
    expect((await post("{")).json()).toMatchObject({ code: "bad-request" });
    const large = await post(`"${"x".repeat(34_000_000)}"`);
    expect(large.statusCode).toBe(413);
    expect(large.json().code).toBe("too-large");
  });

  it("no request that takes longer than a minute to come in, and may take longer themselves", () => {
    const { server: listener } = server().app;
    expect([listener.requestTimeout, listener.timeout]).toEqual([60_000, 0]);
  });

  it("with a clear error when the port is taken", async () => {
    const { app } = server();
    const url = await listen(app, { host: "127.0.0.1", port: 0, tokens: [] });
    const port = Number(new URL(url).port);
    await expect(listen(server().app, { host: "127.0.0.1", port, tokens: [] })).rejects.toThrow(
      /http\.port: expected a free port/,
    );
    await app.close();
  });
});
