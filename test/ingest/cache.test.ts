import { expect, it } from "vitest";
import { boundedCache } from "../../services/ingest/cache.ts";

it("holds no more than its limit, and keeps what is used", () => {
  const cache = boundedCache<number>(10);
  cache.set("used", 1);
  for (let n = 0; n < 1000; n++) {
    cache.set(`key-${n}`, n);
    expect(cache.get("used")).toBe(1);
    expect(cache.size()).toBeLessThanOrEqual(10);
  }
  expect(cache.get("key-0")).toBeUndefined();
  expect(cache.get("key-999")).toBe(999);
});

it("forgets everything when it is cleared", () => {
  const cache = boundedCache<number>(10);
  cache.set("a", 1);
  cache.clear();
  expect([cache.get("a"), cache.size()]).toEqual([undefined, 0]);
});
