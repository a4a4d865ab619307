import { describe, expect, it } from "vitest";
import { clock } from "../../services/adapters/clock.ts";
import { memoryStore } from "../../services/adapters/memory.ts";
import { storeOfGeneration, topicPrefixOf } from "../../services/layers/generation.ts";
import {
  agree,
  readAgreement,
  watchInstallation,
  writeAgreement,
} from "../../services/start/installation.ts";
import { manualClock } from "../responder/manual-clock.ts";

describe("the agreement of an installation", () => {
  it("is what the first process says, and grows by what later ones know", async () => {
    const store = memoryStore();
    expect(await agree(store, clock, { hashKey: "a" })).toEqual({ hashKey: "a" });
    expect(await agree(store, clock, { hashKey: "a", auditKey: "pem" })).toEqual({
      hashKey: "a",
      auditKey: "pem",
    });
    expect(await readAgreement(store)).toEqual({ hashKey: "a", auditKey: "pem" });
  });

  it("is one, however many say their word at the same moment", async () => {
    const store = memoryStore();
    const words = await Promise.allSettled(
      ["a", "b", "c"].map((hashKey) => agree(store, clock, { hashKey })),
    );
    expect(words.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("refuses who differs, names the setting, and shows no key", async () => {
    const store = memoryStore();
    await agree(store, clock, { hashKey: "first-key", partitions: 8 });
    const refused = agree(store, clock, { hashKey: "other-key", partitions: 9 });
    await expect(refused).rejects.toMatchObject({ code: "bad-settings" });
    await expect(refused).rejects.toThrow(
      /keys\.hashFile: .*same file.*\n.*kafka\.partitions: .*repartition/,
    );
    await expect(refused).rejects.not.toThrow(/first-key|other-key/);
  });

  it("is looked at again and again: who works in an old layout stops, others go on", async () => {
    const [store, clock] = [memoryStore(), manualClock(0)];
    const began = await agree(store, clock, { partitions: 8 });
    const watch = watchInstallation(store, began, clock);
    await agree(store, clock, { auditKey: "pem" });
    await clock.asleep();
    clock.advance(5000);
    await expect.poll(() => watch.agreement().auditKey).toBe("pem");
    await writeAgreement(store, { ...began, partitions: 16, generation: 1 });
    const ended = expect(watch.done).rejects.toThrow(/start again/);
    await clock.asleep();
    clock.advance(5000);
    await ended;
  });
});

describe("a generation", () => {
  it("has topics and spaces of its own, and shares the token index", async () => {
    const store = memoryStore();
    const next = storeOfGeneration(store, 2);
    expect([topicPrefixOf("og.", 0), topicPrefixOf("og.", 2)]).toEqual(["og.", "og.g2."]);
    const lease = await next.acquire("processor", 0);
    await next.commit(lease, [[{ group: "a", entries: new Map([["row", Buffer.from("1")]]) }]], 7);
    expect([await next.position("processor", 0), await store.position("processor", 0)]).toEqual([7, 0]);
    await next.indexTokens([{ tenant: "t", token: "jti", agent: "a", expiresAtMs: 10 }]);
    expect(await store.agentsOf("t", ["jti"], 0)).toEqual(new Map([["jti", "a"]]));
    expect(storeOfGeneration(store, 0)).toBe(store);
  });
});
