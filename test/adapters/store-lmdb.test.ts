import { afterEach, beforeEach, expect, it } from "vitest";
import { openLmdbStore } from "../../services/adapters/store-lmdb.ts";
import { storeSuite } from "../conformance/store.ts";
import { temporaryFolder } from "./folder.ts";

storeSuite("the embedded store", async () => {
  const { folder, remove } = temporaryFolder();
  let store = await openLmdbStore({ folder });
  const reopen = async () => {
    await store.close();
    store = await openLmdbStore({ folder });
    return store;
  };
  return { store, reopen, cleanup: () => store.close().then(remove) };
});

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

it("removes expired tokens while it writes, so that the index does not grow", async () => {
  const store = await openLmdbStore(place);
  const tokens = Array.from({ length: 250 }, (_, index) => ({
    tenant: "acme",
    token: `t${index}`,
    agent: "agent-1",
    expiresAtMs: 1000 + index,
  }));
  const living = { tenant: "acme", token: "living", agent: "agent-1", expiresAtMs: 2000 };
  await store.indexTokens([...tokens, living]);
  await store.agentsOf("acme", [], 2000);
  for (let write = 0; write < 3; write++) await store.indexTokens([]);
  expect(await store.tokensOf("acme", "agent-1", 0, 1000)).toEqual([living]);
  await store.close();
});
