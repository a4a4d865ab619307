import { expect, it } from "vitest";
import { memoryStore } from "../services/adapters/memory.ts";
import { openOutbox } from "../services/outbox.ts";
import type { Store } from "../services/ports/store.ts";
import { fromBytes, toBytes } from "../services/records.ts";

const SPACE = "egress";
const changes = [{ group: "one", entries: new Map([["json", toBytes({ changed: true })]]) }];
const nobody = () => Promise.reject(new Error("killed"));

async function open(store: Store, deliver: (mail: string) => Promise<void>) {
  const lease = await store.acquire(SPACE, 0);
  return openOutbox<string>({ store, lease, deliver });
}
async function opened(store: Store): Promise<string[]> {
  const delivered: string[] = [];
  await open(store, async (mail) => void delivered.push(mail));
  return delivered;
}

it("commits before it delivers, and delivers once", async () => {
  const store = memoryStore();
  const seen: unknown[] = [];
  const commit = await open(store, async (mail) => {
    const group = (await store.load(SPACE, 0, ["one"])).get("one");
    seen.push(mail, fromBytes(group?.get("json")));
  });
  await commit(changes, "a letter", 7);
  expect(seen).toEqual(["a letter", { changed: true }]);
  expect(await store.position(SPACE, 0)).toBe(7);
  expect(await opened(store)).toEqual([]);
});

it("delivers nothing when nothing follows", async () => {
  const commit = await open(memoryStore(), nobody);
  await commit(changes, undefined, 7);
});

it("delivers at the next start what was committed and perhaps not delivered, once", async () => {
  const store = memoryStore();
  const commit = await open(store, nobody);
  await expect(commit(changes, "a letter", 7)).rejects.toThrow("killed");
  expect(await opened(store)).toEqual(["a letter"]);
  expect(await opened(store)).toEqual([]);
  expect(await store.position(SPACE, 0)).toBe(7);
});

it("delivers nothing that could not be committed", async () => {
  const store = memoryStore();
  const delivered: string[] = [];
  const commit = await open({ ...store, commit: nobody }, async (mail) => void delivered.push(mail));
  await expect(commit(changes, "a letter", 7)).rejects.toThrow("killed");
  expect([delivered, await opened(store)]).toEqual([[], []]);
});
