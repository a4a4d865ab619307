import { describe, expect, it } from "vitest";
import { memoryStore } from "../../services/adapters/index.ts";
import type { Store } from "../../services/ports/store.ts";
import { openBucket } from "../../services/responder/cap.ts";

const PARTITIONS = 4;
const clock = { now: () => 0, sleep: async () => {} };
const take = (agent: string, max = 100, nowMs = 1_000_000) => ({ tenant: "default", agent, nowMs, max });

/** The same store, with a list of what was asked of it. */
function watched(store: Store): { store: Store; calls: string[] } {
  const calls: string[] = [];
  const watch = new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name);
      return (...args: unknown[]) => {
        calls.push(String(name));
        return method.apply(target, args);
      };
    },
  });
  return { store: watch, calls };
}

describe("the bucket of automatic actions", () => {
  it("lets the partitions of a process take in turn, so that none fences another", async () => {
    const { store, calls } = watched(memoryStore());
    const bucket = openBucket(store, PARTITIONS, clock);
    expect(await Promise.all([bucket(take("a")), bucket(take("b")), bucket(take("c"))])).toEqual([
      true,
      true,
      true,
    ]);
    const once = ["acquire", "load", "commit"];
    expect(calls).toEqual([...once, ...once, ...once]);
  });

  it("is empty after as many agents as it may act on, and an agent counts once", async () => {
    const bucket = openBucket(memoryStore(), PARTITIONS, clock);
    expect(await bucket(take("a", 1))).toBe(true);
    expect(await bucket(take("a", 1))).toBe(true);
    expect(await bucket(take("b", 1))).toBe(false);
  });

  it("goes on after a take that failed", async () => {
    const store = memoryStore();
    const failing: Store = { ...store, acquire: () => Promise.reject(new Error("down")) };
    let current = failing;
    const bucket = openBucket(
      new Proxy(store, { get: (_, name) => Reflect.get(current, name) }),
      PARTITIONS,
      clock,
    );
    await expect(bucket(take("a"))).rejects.toThrow("down");
    current = store;
    expect(await bucket(take("a"))).toBe(true);
  });
});
