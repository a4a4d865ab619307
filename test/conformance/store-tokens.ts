/** The part of the store's suite that is about the token index. */
import { beforeEach, describe, expect, it } from "vitest";
import type { IndexEntry, Store } from "../../services/ports/store.ts";
import type { StoreHarness } from "./store.ts";

/** Wall clock at the beginning of a test: a real one, since a store may keep its own. This file may be loaded long before. */
let nowMs = 0;
const MINUTE_MS = 60_000;

/** Adds the tests to the suite around it; `current` is the store of the test at hand. */
export function tokenIndexTests(current: () => StoreHarness): void {
  describe("the token index", () => {
    let harness: StoreHarness;
    let store: Store;
    beforeEach(() => {
      harness = current();
      store = harness.store;
      nowMs = Date.now();
    });

    it("tells the agents of known tokens and says nothing about others", async () => {
      await store.indexTokens([issued("t1", "agent-1"), issued("t2", "agent-2")]);
      const agents = await store.agentsOf("acme", ["t1", "t2", "t3"], nowMs);
      expect(Object.fromEntries(agents)).toEqual({ t1: "agent-1", t2: "agent-2" });
      expect((await store.agentsOf("other", ["t1"], nowMs)).size).toBe(0);
    });

    it("forgets a token after its expiry", async () => {
      await store.indexTokens([issued("t1", "agent-1", 1), issued("t2", "agent-1", 3)]);
      expect(Object.fromEntries(await store.agentsOf("acme", ["t1", "t2"], nowMs))).toHaveProperty("t1");
      const laterMs = nowMs + 2 * MINUTE_MS;
      expect(Object.fromEntries(await store.agentsOf("acme", ["t1", "t2"], laterMs))).toEqual({
        t2: "agent-1",
      });
      expect(await store.tokensOf("acme", "agent-1", laterMs, 10)).toEqual([issued("t2", "agent-1", 3)]);
    });

    it("tells an agent's tokens, the newest first, up to a limit", async () => {
      const tokens = [2, 5, 1, 4, 3].map((minutes) => issued(`t${minutes}`, "agent-1", minutes));
      await store.indexTokens([
        ...tokens,
        issued("x", "agent-2", 9),
        { ...issued("y", "agent-1"), tenant: "other" },
      ]);
      const newest = await store.tokensOf("acme", "agent-1", nowMs, 3);
      expect(newest).toEqual([5, 4, 3].map((minutes) => issued(`t${minutes}`, "agent-1", minutes)));
      expect(await store.tokensOf("acme", "nobody", nowMs, 3)).toEqual([]);
    });

    it("replaces what it knew of a token", async () => {
      await store.indexTokens([issued("t1", "token:t1", 9)]);
      await store.indexTokens([issued("t1", "agent-1", 2)]);
      expect(Object.fromEntries(await store.agentsOf("acme", ["t1"], nowMs))).toEqual({ t1: "agent-1" });
      expect(await store.tokensOf("acme", "token:t1", nowMs, 10)).toEqual([]);
      expect(await store.tokensOf("acme", "agent-1", nowMs, 10)).toEqual([issued("t1", "agent-1", 2)]);
    });

    it("takes long and odd names, and survives being opened again", async () => {
      const entry = issued("🛰".repeat(128), "漢".repeat(256));
      await store.indexTokens([entry, issued("\ud800", "a\0b"), issued("\ud801", "a")]);
      store = await harness.reopen();
      expect(await store.tokensOf("acme", entry.agent, nowMs, 10)).toEqual([entry]);
      const agents = await store.agentsOf("acme", ["\ud800", "\ud801"], nowMs);
      expect([...agents.values()]).toEqual(["a\0b", "a"]);
    });
  });
}

function issued(token: string, agent: string, minutes = 5): IndexEntry {
  return { tenant: "acme", token, agent, expiresAtMs: nowMs + minutes * MINUTE_MS };
}
