import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { Decision } from "../../schemas/action.ts";
import { Contract } from "../../schemas/contract.ts";
import { Event } from "../../schemas/event.ts";
import { signContract } from "../../services/api/contract-signature.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { recordValues } from "../../services/records.ts";
import { OWNER, PARTITIONS, world } from "./world.ts";

type World = Awaited<ReturnType<typeof world>>;
let open: World | undefined;
afterEach(async () => open?.close());

const contract = Contract.parse({
  name: "pay",
  version: 2,
  agent: "billing",
  workflow: "Pay",
  until: "2026-12-31T00:00:00Z",
  closed: true,
  operations: [
    { service: "erp", operation: "read_invoice" },
    { service: "bank", operation: "transfer", sensitive: true, targets: { payee: ["a@example.com"] } },
  ],
});
const signed = signContract(contract, OWNER.privateKey);

async function said({ stream }: World, name: "decisions" | "events"): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const batch of stream.read(name, partitionOf("default/billing", PARTITIONS), 0))
    all.push(...recordValues(batch).map(({ value }) => value));
  return all;
}

async function post(payload: object, http: object = {}, headers: Record<string, string> = {}) {
  open = await world(http);
  const answer = await open.app.inject({ method: "POST", url: "/v1/contracts", payload, headers });
  const decisions = (await said(open, "decisions")).map((value) => Decision.parse(value));
  const events = (await said(open, "events")).map((value) => Event.parse(value));
  return { answer, decisions, events };
}

describe("a signed contract", () => {
  it("is kept in the audit log as it was signed, and becomes events of the agent", async () => {
    const { answer, decisions, events } = await post({ signed }, {}, { "x-offgraph-by": "ana" });
    expect(answer.statusCode).toBe(202);
    expect(decisions).toEqual([answer.json()]);
    const digest = createHash("sha256")
      .update(signed.slice(0, signed.lastIndexOf(".")))
      .digest("hex");
    const subject = `contract pay v2, signed by owner: sha256 ${digest}`;
    const by = "loopback (ana)";
    expect(decisions).toMatchObject([
      { agent: "billing", verdict: "contract", subject, by, reason: "contract pay v2", contract: signed },
    ]);
    const { name, version, until, closed } = contract;
    const terms = { name, version, until, closed, key: "owner", digest };
    const common = { kind: "decision.made", agent: { id: "billing" }, workflow: "Pay" };
    const decision = { verdict: "contract", by, contract: terms };
    const id = decisions[0]?.id;
    expect(events).toMatchObject([
      { ...common, id, decision: { ...decision, contract: { ...terms, signed } } },
      { ...common, id: `${id}-1`, decision, operation: { service: "erp", name: "read_invoice", tier: 0 } },
      {
        ...common,
        ...{ id: `${id}-2`, decision },
        operation: { service: "bank", name: "transfer", tier: 1, targets: { payee: ["a@example.com"] } },
      },
    ]);
    expect(events[1]).not.toHaveProperty("decision.contract.signed");
  });

  it("is only looked at with dryRun", async () => {
    const { answer, decisions, events } = await post({ signed, dryRun: true });
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { dryRun: true, contract, key: "owner" }]);
    expect([...decisions, ...events]).toEqual([]);
  });

  it("is refused from who may only read, and when it is not signed", async () => {
    const secret = "og_of-the-test";
    const sha256 = createHash("sha256").update(secret).digest("hex");
    const http = { http: { tokens: [{ name: "reader", sha256, roles: ["read"] }] } };
    const reader = await post({ signed }, http.http, { authorization: `Bearer ${secret}` });
    expect([reader.answer.statusCode, reader.events]).toEqual([403, []]);
    await open?.close();
    const odd = await post({ signed: `${signed}A` });
    expect([odd.answer.statusCode, odd.answer.json(), odd.events]).toMatchObject([
      400,
      { code: "untrusted-contract", wayOut: expect.stringContaining("contracts.keys") },
      [],
    ]);
  });

  it("of another tenant is refused, and one that names this tenant is taken", async () => {
    const of = (tenant: string) => signContract(Contract.parse({ ...contract, tenant }), OWNER.privateKey);
    const other = await post({ signed: of("other") });
    expect([other.answer.statusCode, other.events]).toEqual([400, []]);
    await open?.close();
    expect((await post({ signed: of("default") })).answer.statusCode).toBe(202);
  });
});
