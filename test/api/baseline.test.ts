import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { Decision } from "../../schemas/action.ts";
import { Event } from "../../schemas/event.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { refuseTooManyDenied } from "../../services/api/denied-edges.ts";
import type { ApiOptions } from "../../services/api/index.ts";
import type { Store } from "../../services/ports/store.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { recordValues } from "../../services/records.ts";
import { idOf, NOW, PARTITIONS, world } from "./world.ts";

type Relearn = ApiOptions["relearn"];
type World = Awaited<ReturnType<typeof world>>;
let open: World | undefined;
afterEach(async () => open?.close());

/** The records of a stream in the agent's partition. */
async function said({ stream }: World, name: "decisions" | "events"): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const batch of stream.read(name, partitionOf("default/billing", PARTITIONS), 0))
    all.push(...recordValues(batch).map(({ value }) => value));
  return all;
}

async function post(path: string, payload: object, http: object = {}, headers: Record<string, string> = {}) {
  open = await world(http);
  await open.found(1);
  const answer = await open.app.inject({ method: "POST", url: path, payload, headers });
  const decisions = (await said(open, "decisions")).map((value) => Decision.parse(value));
  const events = (await said(open, "events")).map((value) => Event.parse(value));
  return { answer, decisions, events };
}

describe("a word about a finding's session", () => {
  it.each([
    ["release", "release-session"],
    ["confirm", "confirm-session"],
  ])("%s is written down with who and why, and becomes an event of the agent", async (name, verdict) => {
    const { answer, decisions, events } = await post(
      `/v1/findings/${idOf("f", 1)}/${name}`,
      { reason: "seen\nby us", edges: true },
      {},
      { "x-offgraph-by": "ana" },
    );
    expect(answer.statusCode).toBe(202);
    const by = "loopback (ana)";
    const subject = `${idOf("f", 1)} with its edges`;
    expect(decisions).toEqual([answer.json()]);
    expect(decisions).toMatchObject([{ agent: "billing", verdict, by, reason: "seen by us", subject }]);
    expect(events).toMatchObject([
      {
        id: decisions[0]?.id,
        kind: "decision.made",
        time: new Date(NOW).toISOString(),
        agent: { id: "billing" },
        decision: { verdict, session: "s-1", edges: true, by, reason: "seen by us", subject },
      },
    ]);
  });

  it("is refused without a reason, and about a finding that is not known", async () => {
    const [without, unknown] = [
      await post(`/v1/findings/${idOf("f", 1)}/release`, {}),
      await post(`/v1/findings/${idOf("f", 9)}/release`, { reason: "x" }),
    ];
    expect([without.answer.statusCode, unknown.answer.statusCode]).toEqual([400, 404]);
    expect([...without.events, ...unknown.events]).toEqual([]);
  });
});

describe("a word about an edge", () => {
  const edge = { reason: "contract", agent: "billing", service: "bank", operation: "transfer" };

  it("approves an operation in a workflow", async () => {
    const { answer, decisions, events } = await post("/v1/baseline/approve", { ...edge, workflow: "Pay" });
    expect(answer.statusCode).toBe(202);
    expect(decisions).toMatchObject([{ verdict: "approve-edge", subject: "bank transfer in Pay" }]);
    expect(events).toMatchObject([
      {
        workflow: "Pay",
        operation: { service: "bank", name: "transfer" },
        decision: { verdict: "approve-edge" },
      },
    ]);
  });

  it("denies values of an operation", async () => {
    const targets = { payee: ["a@example.net", "b@example.net"] };
    const { decisions, events } = await post("/v1/baseline/deny", { ...edge, targets });
    expect(decisions).toMatchObject([
      { verdict: "deny-edge", subject: "bank transfer payee=a@example.net,b@example.net" },
    ]);
    expect(events).toMatchObject([{ operation: { targets }, decision: { verdict: "deny-edge" } }]);
  });

  it("denies no more than are kept, and says how many are", async () => {
    const denying = (count: number) => {
      const view = () => ({ "out-of-graph": { denied: Array.from({ length: count }, () => ({})) } });
      const store: Pick<Store, "load"> = {
        load: async (_, __, [group = ""]) => new Map([[group, new Map()]]),
      };
      const options = { stream: memoryStream(1), store: { ...memoryStore(), ...store }, view };
      return refuseTooManyDenied(options, "default", "billing", 1);
    };
    await expect(denying(255)).resolves.toBeUndefined();
    await expect(denying(256)).rejects.toThrow("256 edges of billing are denied");
  });

  it.each([
    ["both targets and a workflow", { ...edge, workflow: "Pay", targets: { payee: ["a@example.net"] } }],
    ["a tenant", { ...edge, tenant: "acme" }],
    ["no agent", { ...edge, agent: undefined }],
  ])("is refused with %s", async (_, payload) => {
    const { answer, events } = await post("/v1/baseline/approve", payload);
    expect([answer.statusCode, answer.json().code, events]).toEqual([400, "bad-request", []]);
  });

  it("takes the role act", async () => {
    const sha256 = createHash("sha256").update("t").digest("hex");
    const tokens = [{ name: "reader", sha256, roles: ["read"] }];
    const headers = { authorization: "Bearer t" };
    const { answer, events } = await post("/v1/baseline/approve", edge, { tokens }, headers);
    expect([answer.statusCode, events]).toEqual([403, []]);
  });
});

describe("an undo", () => {
  const body = { reason: "poisoned", agent: "billing", since: "2026-01-05T09:00:00Z" };
  const entries = new Map([["agent", new Uint8Array([1, 2, 3])]]);
  const undo = async (relearned: Awaited<ReturnType<Relearn>>, more: object = {}) => {
    open = await world({}, [], undefined, {}, async () => relearned);
    await open.learned("default", "billing");
    const answer = await open.app.inject({
      method: "POST",
      url: "/v1/baseline/undo",
      payload: { ...body, ...more },
    });
    return { answer, events: await said(open, "events"), decisions: await said(open, "decisions") };
  };

  it("is an event that carries what is known from then on", async () => {
    const { answer, events, decisions } = await undo({ entries, isCutOff: false });
    expect(answer.statusCode).toBe(202);
    expect(events).toMatchObject([
      {
        agent: { id: "billing" },
        decision: {
          verdict: "undo",
          baseline: "AQID",
          subject: expect.stringContaining(`since ${body.since}: sha256 039058c6`),
        },
      },
    ]);
    expect(decisions).toMatchObject([{ verdict: "undo", reason: "poisoned" }]);
    expect(JSON.stringify(decisions)).not.toContain("AQID");
  });

  it("only answers what is known now and what would be, when asked to", async () => {
    const { answer, events, decisions } = await undo({ entries, isCutOff: false }, { dryRun: true });
    const shown = { mode: "shadow", workflows: { a: 1 } };
    expect([answer.statusCode, answer.json()]).toEqual([200, { dryRun: true, before: shown, after: shown }]);
    expect([events, decisions]).toEqual([[], []]);
  });

  it.each([
    ["the log has lost its beginning", { entries, isCutOff: true }, 400, "bad-request"],
    ["the log has nothing from before", { entries: undefined, isCutOff: false }, 404, "not-found"],
    [
      "more was learned than a record holds",
      { entries: new Map([["agent", new Uint8Array(1_500_001)]]), isCutOff: false },
      413,
      "too-large",
    ],
  ])("is refused where %s", async (_, relearned, status, code) => {
    const { answer, events } = await undo(relearned);
    expect([answer.statusCode, answer.json().code, events]).toEqual([status, code, []]);
  });

  it("is done one at a time, because it reads a whole log", async () => {
    const first = Promise.withResolvers<Awaited<ReturnType<Relearn>>>();
    const begun = Promise.withResolvers<void>();
    open = await world({}, [], undefined, {}, () => {
      begun.resolve();
      return first.promise;
    });
    const { app } = open;
    const ask = async () =>
      (await app.inject({ method: "POST", url: "/v1/baseline/undo", payload: body })).statusCode;
    const one = ask();
    await begun.promise;
    expect(await ask()).toBe(429);
    first.resolve({ entries, isCutOff: false });
    expect(await one).toBe(202);
    expect(await ask()).toBe(202);
  });
});
