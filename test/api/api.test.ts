import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { Decision } from "../../schemas/action.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { idOf, incident, NOW, PARTITIONS, world } from "./world.ts";

let open: Awaited<ReturnType<typeof world>> | undefined;
afterEach(() => open?.close());
const start = async (...given: Parameters<typeof world>) => {
  open = await world(...given);
  return open;
};
const ids = (answer: { json(): { findings: { id: string }[] } }) =>
  answer.json().findings.map((one) => Number.parseInt(one.id.slice(2), 16));

describe("GET /v1/findings", () => {
  it("answers the newest first, and what came before one of them", async () => {
    const { app, found } = await start();
    for (const number of [1, 2, 3]) await found(number);
    expect(ids(await app.inject("/v1/findings"))).toEqual([3, 2, 1]);
    expect(ids(await app.inject("/v1/findings?limit=2"))).toEqual([3, 2]);
    expect(ids(await app.inject(`/v1/findings?before=${idOf("f", 2)}`))).toEqual([1]);
  });

  it("filters by agent and least severity", async () => {
    const { app, found } = await start();
    await found(1, { agent: "travel" });
    await found(2, { severity: "low" });
    await found(3, { severity: "critical" });
    expect(ids(await app.inject("/v1/findings?agent=travel"))).toEqual([1]);
    expect(ids(await app.inject("/v1/findings?severity=high"))).toEqual([3, 1]);
    expect((await app.inject("/v1/findings?severity=loud")).json()).toMatchObject({
      code: "bad-request",
      message: expect.stringContaining("query.severity"),
    });
    expect((await app.inject("/v1/findings?limit=0")).statusCode).toBe(400);
  });

  it("counts a finding that was sent again after a crash once", async () => {
    const { app, found } = await start();
    await found(1, { position: 7 });
    await found(2, { position: 8 });
    await found(1, { position: 7 });
    expect(ids(await app.inject("/v1/findings"))).toEqual([2, 1]);
  });

  it("that are older come back with a replay, and nothing else does", async () => {
    const { app } = await start();
    const saidOf = async (url: string) => (await app.inject(url)).json();
    for (const [url, method] of [
      ["", "GET"],
      ["/release", "POST"],
    ] as const) {
      const answer = await app.inject({
        url: `/v1/findings/${idOf("f", 9)}${url}`,
        method,
        payload: { reason: "ours" },
      });
      expect(answer.json()).toMatchObject({
        code: "not-found",
        message: expect.stringContaining("offgraph replay"),
      });
    }
    for (const url of ["/v1/agents/nobody", `/v1/incidents/${idOf("i", 9)}`])
      expect(JSON.stringify(await saidOf(url))).toMatch(/^(?!.*replay).*check the id/);
  });

  it("shows nothing of another tenant, whatever the request says", async () => {
    const sha256 = createHash("sha256").update("t").digest("hex");
    const { app, found } = await start({ tokens: [{ name: "a", sha256, roles: ["read"], tenant: "acme" }] });
    await found(1);
    await found(2, { tenant: "acme" });
    const get = (url: string) => app.inject({ url, headers: { authorization: "Bearer t" } });
    expect(ids(await get("/v1/findings?tenant=default"))).toEqual([2]);
    expect((await get(`/v1/findings/${idOf("f", 1)}`)).statusCode).toBe(404);
    expect((await get(`/v1/findings/${idOf("f", 2)}`)).json()).toMatchObject({ tenant: "acme" });
  });
});

describe("agents", () => {
  it("are listed briefly, shown whole, and exported one a line", async () => {
    const { app, learned } = await start();
    await learned("default", "billing");
    await learned("default", "a/b");
    await learned("acme", "other");
    const { agents } = (await app.inject("/v1/agents")).json();
    expect(agents).toHaveLength(2);
    expect(agents).toContainEqual({ id: "billing", mode: "shadow" });
    expect((await app.inject("/v1/agents/a%2Fb")).json()).toEqual({ mode: "shadow", workflows: { a: 1 } });
    expect((await app.inject("/v1/agents/other")).statusCode).toBe(404);
    const lines = (await app.inject("/v1/baseline")).body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ id }) => id).sort()).toEqual(["a/b", "billing"]);
    expect(lines[0]).toMatchObject({ view: { mode: "shadow" }, stored: { agent: "AQ==" } });
    expect((await app.inject("/v1/agents?limit=1")).json()).toMatchObject({ more: true });
  });
});

describe("incidents", () => {
  it("are listed by their last change", async () => {
    const { app } = await start({}, [incident(1), incident(3), incident(2), incident(4, { tenant: "acme" })]);
    const { incidents } = (await app.inject("/v1/incidents")).json();
    expect(incidents.map((one: { id: string }) => one.id)).toEqual(
      [3, 2, 1].map((number) => idOf("i", number)),
    );
    expect((await app.inject(`/v1/incidents/${idOf("i", 2)}`)).json()).toMatchObject({ agent: "billing" });
    expect((await app.inject(`/v1/incidents/${idOf("i", 4)}`)).statusCode).toBe(404);
  });
});

describe("decisions", () => {
  const post = async (
    path: string,
    payload: object,
    headers: Record<string, string> = {},
    incidents = [incident(1)],
  ) => {
    const { app, stream } = await start({}, incidents);
    const answer = await app.inject({ method: "POST", url: path, payload, headers });
    const decisions: Decision[] = [];
    for await (const batch of stream.read("decisions", partitionOf("default/billing", PARTITIONS), 0)) {
      for (let at = 0; at < batch.count; at++)
        decisions.push(
          Decision.parse(JSON.parse(batch.bytes.toString("utf8", batch.starts[at], batch.ends[at]))),
        );
    }
    return { answer, decisions };
  };

  it("are in the log when they are answered", async () => {
    const { answer, decisions } = await post("/v1/agents/billing/quarantine", {
      reason: "odd",
      durationMs: 60_000,
    });
    expect(answer.statusCode).toBe(202);
    expect(decisions).toEqual([answer.json()]);
    expect(decisions[0]).toMatchObject({
      agent: "billing",
      verdict: "quarantine",
      by: "loopback",
      reason: "odd",
      durationMs: 60_000,
      time: new Date(NOW).toISOString(),
    });
  });

  it("about an incident take its agent from the incident", async () => {
    for (const verdict of ["approve", "reject", "close"]) {
      const { decisions } = await post(`/v1/incidents/${idOf("i", 1)}/${verdict}`, { reason: "seen" });
      expect(decisions).toMatchObject([{ verdict, agent: "billing", incident: idOf("i", 1) }]);
      await open?.close();
    }
    const { answer, decisions } = await post(`/v1/incidents/${idOf("i", 9)}/approve`, { reason: "seen" });
    expect([answer.statusCode, decisions]).toEqual([404, []]);
  });

  it("need a reason, and know no other fields", async () => {
    for (const payload of [
      {},
      { reason: " " },
      { reason: "x", tenant: "acme" },
      { reason: "x", durationMs: 5 },
    ]) {
      const { answer, decisions } = await post("/v1/agents/billing/release", payload);
      expect([answer.statusCode, answer.json().code, decisions]).toEqual([400, "bad-request", []]);
      await open?.close();
    }
  });

  it("name the access; what a header says stands beside it", async () => {
    const { decisions } = await post(
      "/v1/agents/billing/release",
      { reason: "ok" },
      { "x-offgraph-by": "ana (admin)" },
    );
    expect(decisions[0]?.by).toBe("loopback (ana admin)");
  });
});

describe("POST /v1/agents/quarantine", () => {
  it.each([".", "..", "a/b", "billing"])("takes the agent %s in the body", async (agent) => {
    const { app } = await start();
    const post = (payload: object) => app.inject({ method: "POST", url: "/v1/agents/quarantine", payload });
    const answer = await post({ agent, reason: "odd calls", durationMs: 60_000 });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({
      agent,
      verdict: "quarantine",
      reason: "odd calls",
      durationMs: 60_000,
    });
  });

  it("refuses a body without an agent, and one with an agent beside that of the path", async () => {
    const { app } = await start();
    const payload = { reason: "odd calls" };
    const post = (url: string, payload: object) => app.inject({ method: "POST", url, payload });
    expect((await post("/v1/agents/quarantine", payload)).json().message).toContain("body.agent");
    const both = { ...payload, agent: "travel" };
    expect((await post("/v1/agents/billing/quarantine", both)).statusCode).toBe(400);
  });
});

describe("GET /v1/dead-letters", () => {
  it("answers the newest of the tenant first", async () => {
    const { app, deadLetter } = await start();
    await deadLetter("first");
    await deadLetter("second");
    await deadLetter("foreign", "acme");
    const { deadLetters } = (await app.inject("/v1/dead-letters")).json();
    expect(deadLetters.map((letter: { message: string }) => letter.message)).toEqual(["second", "first"]);
  });
});
