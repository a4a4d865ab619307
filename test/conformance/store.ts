/** Every promise of services/ports/store.ts as a test, except those about crashes. An adapter is done when it passes. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lease, Store } from "../../services/ports/store.ts";
import { gather } from "./gather.ts";
import { change, contents, plain } from "./store-groups.ts";
import { compareWithMap, storeSteps } from "./store-model.ts";
import { tokenIndexTests } from "./store-tokens.ts";

/** An empty store to test. */
export interface StoreHarness {
  readonly store: Store;
  /** Closes the store and opens it again. */
  reopen(): Promise<Store>;
  cleanup(): Promise<void>;
}

/** Fixed, so that a failure comes back; fast-check prints it with the smallest counterexample. */
const SEED = 20_260_101;
export function storeSuite(name: string, open: () => Promise<StoreHarness>, propertyRuns = 20): void {
  describe(`${name} keeps the promises of a store`, () => {
    let harness: StoreHarness;
    let store: Store;
    let lease: Lease;
    beforeEach(async () => {
      harness = await open();
      store = harness.store;
      lease = await store.acquire("processor", 0);
    });
    afterEach(() => harness.cleanup());

    describe("committing and loading", () => {
      it("gives back what was committed, and leaves out groups without entries", async () => {
        await store.commit(
          lease,
          [[change("a", { state: "1", session: "2" }), change("b", { state: "3" })]],
          7,
        );
        const loaded = await store.load("processor", 0, ["a", "b", "unknown"]);
        expect(plain(loaded)).toEqual({ a: { state: "1", session: "2" }, b: { state: "3" } });
      });

      it("tells the position of the last commit, 0 before the first", async () => {
        expect(await store.position("processor", 0)).toBe(0);
        await store.commit(lease, [[change("a", { state: "1" })]], 7);
        expect(await store.position("processor", 0)).toBe(7);
        await store.commit(lease, [], 2 ** 40);
        expect(await store.position("processor", 0)).toBe(2 ** 40);
      });

      it("changes the named entries only", async () => {
        await store.commit(lease, [[change("a", { one: "1", two: "2" }), change("b", { one: "1" })]], 1);
        await store.commit(lease, [[change("a", { two: "3", three: "4" })]], 2);
        expect(await contents(store)).toEqual({ a: { one: "1", two: "3", three: "4" }, b: { one: "1" } });
      });

      it("removes entries, and a group with its last one", async () => {
        await store.commit(lease, [[change("a", { one: "1", two: "2" }), change("b", { one: "1" })]], 1);
        await store.commit(lease, [[change("a", { one: undefined }), change("b", { one: undefined })]], 2);
        expect(await contents(store)).toEqual({ a: { two: "2" } });
        expect((await store.load("processor", 0, ["b"])).size).toBe(0);
      });

      it("writes the chunks in order", async () => {
        await store.commit(
          lease,
          [[change("a", { n: "1" })], [change("b", { n: "1" })], [change("a", { n: "2" })]],
          1,
        );
        expect(await contents(store)).toEqual({ a: { n: "2" }, b: { n: "1" } });
      });

      it("writes chunks ahead of a commit, and leaves the position to it", async () => {
        await store.commit(lease, [[change("a", { n: "1" })]], 1);
        await store.write(lease, [change("a", { n: "2" }), change("b", { n: "2" })]);
        await store.write(lease, [change("b", { n: "3" })]);
        expect(await contents(store)).toEqual({ a: { n: "2" }, b: { n: "3" } });
        expect(await store.position("processor", 0)).toBe(1);
        await store.commit(lease, [], 2);
        store = await harness.reopen();
        expect(await contents(store)).toEqual({ a: { n: "2" }, b: { n: "3" } });
        expect(await store.position("processor", 0)).toBe(2);
      });

      it("keeps partitions and spaces apart", async () => {
        const others = await Promise.all([store.acquire("processor", 1), store.acquire("responder", 0)]);
        await store.commit(lease, [[change("a", { n: "here" })]], 1);
        await store.commit(others[0], [[change("a", { n: "next" })]], 2);
        await store.commit(others[1], [[change("a", { n: "other" })]], 3);
        expect(await contents(store)).toEqual({ a: { n: "here" } });
        expect(await contents(store, "processor", 1)).toEqual({ a: { n: "next" } });
        expect(await contents(store, "responder", 0)).toEqual({ a: { n: "other" } });
        expect(await contents(store, "responder", 1)).toEqual({});
        expect(await store.position("processor", 1)).toBe(2);
      });

      it("gives bytes back as they were, also none, also when the caller goes on with its buffer", async () => {
        const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte));
        const large = Buffer.alloc(300_000, 7);
        const chunks = Object.entries({ all: bytes, none: new Uint8Array(0), large }).map(([name, value]) => [
          { group: "a", entries: new Map([[name, value]]) },
        ]);
        const committed = store.commit(lease, chunks, 1);
        bytes.fill(0);
        large.fill(0);
        await committed;
        const loaded = (await store.load("processor", 0, ["a"])).get("a");
        expect([...loaded!.get("all")!]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
        expect(loaded!.get("none")).toHaveLength(0);
        expect(Buffer.alloc(300_000, 7).equals(loaded!.get("large")!)).toBe(true);
      });

      it("survives being closed and opened again", async () => {
        await store.commit(lease, [[change("a", { n: "1" })]], 9);
        store = await harness.reopen();
        expect(await contents(store)).toEqual({ a: { n: "1" } });
        expect(await store.position("processor", 0)).toBe(9);
      });
    });

    describe("names", () => {
      it("takes long and odd names of groups and entries, and gives them back", async () => {
        const names = [
          "🛰".repeat(128),
          "漢".repeat(320),
          "漢".repeat(319),
          "a\0b",
          "a",
          "ab",
          "a/b",
          "é",
          "e\u0301",
        ];
        names.push("\ud800", "\udfff", "\ufffd", "__proto__", "x".repeat(5000));
        const changes = names.map((group) =>
          change(group, Object.fromEntries(names.map((n) => [`n${n}`, group]))),
        );
        await store.commit(lease, [changes], 1);
        const scanned = new Map(await gather(store.scan("processor", 0)));
        const loaded = await store.load("processor", 0, names);
        expect([...scanned.keys()].sort()).toEqual([...names].sort());
        for (const group of names) {
          expect([...loaded.get(group)!.keys()].sort()).toEqual(names.map((n) => `n${n}`).sort());
          expect(scanned.get(group)!.size).toBe(names.length);
        }
      });

      it("scans each group once, however many", async () => {
        const groups = Array.from({ length: 600 }, (_, index) => `agent-${index}`);
        await store.commit(lease, [groups.map((group) => change(group, { one: group, two: group }))], 1);
        const scanned = await gather(store.scan("processor", 0));
        expect(scanned.map(([group]) => group).sort()).toEqual(groups.sort());
        expect(
          scanned.every(([group, entries]) => Buffer.from(entries.get("two")!).toString() === group),
        ).toBe(true);
      });
    });

    describe("owning", () => {
      it("refuses an older lease and writes nothing of its commit", async () => {
        await store.commit(lease, [[change("a", { n: "1" })]], 1);
        const newer = await store.acquire("processor", 0);
        const commit = store.commit(lease, [[change("a", { n: "2" })], [change("b", { n: "2" })]], 2);
        await expect(commit).rejects.toMatchObject({ code: "fenced" });
        expect(await contents(store)).toEqual({ a: { n: "1" } });
        expect(await store.position("processor", 0)).toBe(1);
        await store.commit(newer, [[change("a", { n: "3" })]], 3);
        expect(await contents(store)).toEqual({ a: { n: "3" } });
      });

      it("refuses an older lease between a write and the commit that it belongs to", async () => {
        await store.write(lease, [change("a", { n: "1" })]);
        const newer = await store.acquire("processor", 0);
        await expect(store.write(lease, [change("a", { n: "2" })])).rejects.toMatchObject({ code: "fenced" });
        await expect(store.commit(lease, [], 1)).rejects.toMatchObject({ code: "fenced" });
        await store.commit(newer, [], 2);
        expect(await contents(store)).toEqual({ a: { n: "1" } });
        expect(await store.position("processor", 0)).toBe(2);
      });

      it("leaves the owners of other partitions and spaces alone", async () => {
        await Promise.all([store.acquire("processor", 1), store.acquire("responder", 0)]);
        await store.commit(lease, [[change("a", { n: "1" })]], 1);
        expect(await store.position("processor", 0)).toBe(1);
      });

      it("refuses an older lease also after it was opened again", async () => {
        await store.acquire("processor", 0);
        store = await harness.reopen();
        await expect(store.commit(lease, [], 1)).rejects.toMatchObject({ code: "fenced" });
      });

      it("refuses a lease that nobody acquired", async () => {
        const forged = { space: "processor", partition: 5, token: "" };
        await expect(store.commit(forged, [], 1)).rejects.toMatchObject({ code: "fenced" });
      });

      it("gives each acquisition a token of its own", async () => {
        const leases = await Promise.all(Array.from({ length: 20 }, () => store.acquire("processor", 0)));
        expect(new Set(leases.map(({ token }) => token)).size).toBe(20);
      });

      it("leaves a prefix of the chunks and the old position when fenced on the way", async () => {
        const chunks = Array.from({ length: 30 }, (_, index) => [change(`g${index}`, { n: "1" })]);
        const [commit] = await Promise.allSettled([
          store.commit(lease, chunks, 1),
          store.acquire("processor", 0),
        ]);
        const written = Object.keys(await contents(store)).length;
        expect(Object.keys(await contents(store)).sort()).toEqual(
          chunks
            .slice(0, written)
            .map(([c]) => c!.group)
            .sort(),
        );
        const whole = commit.status === "fulfilled";
        expect(await store.position("processor", 0)).toBe(whole ? 1 : 0);
        expect(written === chunks.length).toBe(whole);
      });
    });

    tokenIndexTests(() => harness);

    it("is what a map would be, however commits, takeovers and restarts follow one another", async () => {
      const property = fc.asyncProperty(storeSteps, async (steps) => {
        const own = await open();
        await compareWithMap(own, steps).finally(() => own.cleanup());
      });
      await fc.assert(property, { seed: SEED, numRuns: propertyRuns });
    });
  });
}
