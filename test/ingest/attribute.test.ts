import { expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { memoryStore } from "../../services/adapters/memory.ts";
import { openTokenIndex } from "../../services/ingest/attribute.ts";
import type { IndexEntry, Store } from "../../services/ports/store.ts";
import { call, NOW } from "./world.ts";

const DAY_MS = 86_400_000;

/** A store that counts what it is asked. */
function counted() {
  const store = memoryStore();
  const asked: string[][] = [];
  const written: IndexEntry[][] = [];
  const counting: Store = {
    ...store,
    agentsOf: (tenant, tokens, nowMs) => {
      asked.push([...tokens]);
      return store.agentsOf(tenant, tokens, nowMs);
    },
    indexTokens: (entries) => {
      written.push([...entries]);
      return store.indexTokens(entries);
    },
  };
  return { store: counting, asked, written };
}

const stamps = { tenant: "acme", source: "http" };
const use = (token: object, agent: object = { id: "token:x", attribution: "token" }) =>
  Event.parse({ ...call("e-1", { token, agent }), ...stamps });
const issued = (token: object, agent = "billing", kind = "token.issued") =>
  Event.parse({ ...call("e-2", { token, agent: { id: agent, attribution: "named" } }), ...stamps, kind });
const named = (token: object, agent = "billing") => use(token, { id: agent, attribution: "named" });

/** Whose each event is, after one batch. */
async function owners(store: Store, events: Event[], index = openTokenIndex(store), nowMs = NOW) {
  const attributed = await index.attribute("acme", events, nowMs);
  return attributed.map((event) => "agent" in event && `${event.agent.id} by ${event.agent.attribution}`);
}

it.each(["token.issued", "token.refreshed", "token.exchanged"])(
  "gives a bare token to the agent of its %s, by public id or by hash, in another batch and process",
  async (kind) => {
    const { store } = counted();
    const hash = "k:0123456789abcdef";
    await owners(store, [issued({ publicId: "j", hash }, "billing", kind)]);
    const found = await owners(store, [use({ publicId: "j" }), use({ hash }), use({ publicId: "other" })]);
    expect(found).toEqual(["billing by index", "billing by index", "token:x by token"]);
  },
);

it("gives a bare token to the agent under whose name it was seen first", async () => {
  const { store } = counted();
  expect(await owners(store, [named({ publicId: "j" }), use({ publicId: "j" })])).toEqual([
    "billing by named",
    "billing by index",
  ]);
});

it("finds an issuance that comes later in the same batch", async () => {
  const { store } = counted();
  expect(await owners(store, [use({ publicId: "j" }), issued({ publicId: "j" })])).toEqual([
    "billing by index",
    "billing by named",
  ]);
});

it("does not believe a use under another name more than the issuance", async () => {
  const { store, written } = counted();
  await owners(store, [issued({ publicId: "j" })]);
  expect(await owners(store, [named({ publicId: "j" }, "thief"), use({ publicId: "j" })])).toEqual([
    "thief by named",
    "billing by index",
  ]);
  expect(written.flat().map(({ agent }) => agent)).toEqual(["billing"]);
});

it("adds the hash of a token to the agent that its public id belongs to", async () => {
  const { store } = counted();
  const hash = "k:0123456789abcdef";
  await owners(store, [issued({ publicId: "j" })]);
  await owners(store, [use({ publicId: "j", hash })]);
  expect(await owners(store, [use({ hash })])).toEqual(["billing by index"]);
});

it("asks and writes once per batch, and never again for tokens that it remembers", async () => {
  const { store, asked, written } = counted();
  const index = openTokenIndex(store);
  const batch = [
    named({ publicId: "a" }),
    named({ publicId: "b" }),
    use({ publicId: "c" }),
    named({ publicId: "a" }),
  ];
  await owners(store, batch, index);
  await owners(store, batch, index);
  expect(asked).toEqual([["a", "b", "c"]]);
  expect(written.map((entries) => entries.map(({ token }) => token))).toEqual([["a", "b"]]);
});

it("asks again for a token that nobody knew after ten seconds: another process may have learnt", async () => {
  const { store } = counted();
  const index = openTokenIndex(store);
  await owners(store, [use({ publicId: "j" })], index);
  await owners(store, [issued({ publicId: "j" })]);
  expect(await owners(store, [use({ publicId: "j" })], index, NOW + 9_999)).toEqual(["token:x by token"]);
  expect(await owners(store, [use({ publicId: "j" })], index, NOW + 10_000)).toEqual(["billing by index"]);
});

it("keeps an entry a day longer than the token lives, or a day if that is not known", async () => {
  const { store, written } = counted();
  await owners(store, [
    issued({ publicId: "a", expiresAt: "2026-01-05T11:00:00.000Z" }),
    issued({ publicId: "b" }),
  ]);
  expect(written.flat().map(({ expiresAtMs }) => expiresAtMs)).toEqual([
    NOW + DAY_MS + 3_600_000,
    NOW + DAY_MS,
  ]);
});

it("keeps tenants apart", async () => {
  const { store } = counted();
  const index = openTokenIndex(store);
  await index.attribute("acme", [issued({ publicId: "j" })], NOW);
  const [event] = await index.attribute("other", [use({ publicId: "j" })], NOW);
  expect(event).toMatchObject({ agent: { attribution: "token" } });
});

it("writes again what the store did not take", async () => {
  const { store, written } = counted();
  let down = true;
  const failing: Store = {
    ...store,
    indexTokens: (entries) =>
      down ? Promise.reject(new Error("no space left")) : store.indexTokens(entries),
  };
  const index = openTokenIndex(failing);
  await expect(owners(failing, [issued({ publicId: "j" })], index)).rejects.toThrow("no space left");
  down = false;
  await owners(failing, [issued({ publicId: "j" })], index);
  expect(written.flat().length).toBe(1);
});

it("stays right when it has forgotten: a small cache asks more and answers the same", async () => {
  const { store } = counted();
  const index = openTokenIndex(store, 10);
  const tokens = Array.from({ length: 100 }, (_, n) => ({ publicId: `j-${n}` }));
  await owners(
    store,
    tokens.map((token, n) => issued(token, `agent-${n}`)),
    index,
  );
  expect(
    await owners(
      store,
      tokens.map((token) => use(token)),
      index,
    ),
  ).toEqual(tokens.map((_, n) => `agent-${n} by index`));
});

it("leaves events without tokens, and ticks, as they are", async () => {
  const { store, asked } = counted();
  const tick = Event.parse({ id: "t", kind: "tick", time: "2026-01-05T10:00:00.000Z", ...stamps });
  const events = [tick, Event.parse({ ...call("e-1", { token: undefined }), ...stamps })];
  const attributed = await openTokenIndex(store).attribute("acme", events, NOW);
  expect(attributed[0]).toBe(events[0]);
  expect(attributed[1]).toBe(events[1]);
  expect(asked).toEqual([]);
});
