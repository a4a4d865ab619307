/** Who is denied, as people are told. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Action } from "../../schemas/action.ts";
import type { ActionId, AgentId, IncidentId, Tenant } from "../../schemas/ids.ts";
import { memoryStore } from "../../services/adapters/memory.ts";
import { denialsOf, deniedUntil } from "../../services/egress/index.ts";
import { addTokens, carryOut, newLedger } from "../../services/egress/ledger.ts";
import { changesOf } from "../../services/egress/stored.ts";
import type { Store } from "../../services/ports/store.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { MINUTE_MS, NOW_MS, TENANT } from "../responder/given.ts";

const PARTITIONS = 3;
const HOUR_MS = 60 * MINUTE_MS;
const agent = (name: string) => name as AgentId;
let store: Store;
beforeEach(() => {
  store = memoryStore();
});

function quarantine(name: string, atMs: number, tenant: Tenant): Action {
  const target = { type: "agent", id: agent(name) } as const;
  return {
    id: `a-${name}` as ActionId,
    kind: "quarantine",
    tenant,
    agent: agent(name),
    target,
    incident: `i-${name}` as IncidentId,
    step: "stop",
    occurrence: 0,
    mode: "enforce",
    requestedAt: new Date(atMs).toISOString(),
    expiresAt: new Date(atMs + HOUR_MS).toISOString(),
    reason: `${name} left its graph`,
  };
}

/** Denies an agent and its tokens, as egress does; `later` are tokens that it gets a minute later. */
async function deny(
  name: string,
  atMs: number,
  { tokens = [], later = [], tenant = TENANT }: { tokens?: string[]; later?: string[]; tenant?: Tenant } = {},
) {
  const empty = newLedger({ tenant, agent: agent(name) });
  const { ledger } = carryOut(empty, { action: quarantine(name, atMs, tenant), position: 0 }, tokens, atMs);
  const { ledger: after } = addTokens(ledger, later, atMs + MINUTE_MS);
  const lease = await store.acquire("egress", partitionOf(`${tenant}/${name}`, PARTITIONS));
  const group = `agent\n${tenant}\n${name}`;
  await store.commit(lease, [changesOf(new Map(), new Map([[group, after]]), new Map())], 1);
}

const page = (query: { limit?: number; before?: string; agent?: AgentId; nowMs?: number } = {}) =>
  denialsOf(store, PARTITIONS, { tenant: TENANT, limit: 100, nowMs: NOW_MS, ...query });
const names = ({ denials }: Awaited<ReturnType<typeof page>>) => denials.map(({ target }) => target.id);

describe("what is denied", () => {
  it("is told newest first, with since when, until when, for which incident and why", async () => {
    await deny("old", NOW_MS - 30 * MINUTE_MS);
    await deny("new", NOW_MS - 10 * MINUTE_MS, { tokens: ["jti-1"], later: ["jti-2"] });
    const answer = await page();
    expect(names(answer)).toEqual(["jti-2", "new", "jti-1", "old"]);
    expect(answer.next).toBeUndefined();
    expect(answer.denials[0]).toEqual({
      agent: "new",
      target: { type: "token", id: "jti-2" },
      since: new Date(NOW_MS - 9 * MINUTE_MS).toISOString(),
      until: new Date(NOW_MS + 50 * MINUTE_MS).toISOString(),
      incident: "i-new",
      action: "a-new",
      reason: "new left its graph",
    });
  });

  it("is nothing of another tenant, and nothing that is over", async () => {
    await deny("foreign", NOW_MS, { tenant: "acme" as Tenant });
    await deny("over", NOW_MS - HOUR_MS);
    expect(names(await page())).toEqual([]);
    expect(names(await page({ nowMs: NOW_MS - 1 }))).toEqual(["over"]);
  });

  it("can be asked of one agent", async () => {
    await deny("one", NOW_MS, { tokens: ["jti-1"] });
    await deny("another", NOW_MS);
    expect(names(await page({ agent: agent("one") }))).toEqual(["one", "jti-1"]);
    expect(names(await page({ agent: agent("nobody") }))).toEqual([]);
  });

  it("comes in pages, none twice and none left out, also when all began at once", async () => {
    const tokens = Array.from({ length: 7 }, (_, at) => `jti-${at}`);
    for (const name of ["a", "b", "c"]) await deny(name, NOW_MS, { tokens: tokens.map((id) => name + id) });
    const seen: string[] = [];
    for (let next: string | undefined = ""; next !== undefined; ) {
      const answer: Awaited<ReturnType<typeof page>> = await page({
        limit: 5,
        ...(next && { before: next }),
      });
      seen.push(...names(answer));
      next = answer.next;
    }
    expect(seen).toEqual(names(await page()));
    expect(new Set(seen).size).toBe(24);
  });
});

describe("until when an agent is denied", () => {
  const until = (agents: readonly string[], nowMs = NOW_MS) =>
    deniedUntil(store, PARTITIONS, { tenant: TENANT, agents: agents.map(agent), nowMs });

  it("is told of those that are, and nothing of those that are not or no longer", async () => {
    await deny("one", NOW_MS);
    await deny("over", NOW_MS - HOUR_MS);
    const end = new Date(NOW_MS + HOUR_MS).toISOString();
    expect(await until(["one", "over", "nobody"])).toEqual(new Map([["one", end]]));
    expect(await until(["one"], NOW_MS + HOUR_MS)).toEqual(new Map());
  });
});
