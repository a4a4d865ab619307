import { expect, it } from "vitest";
import { merge, pop, push } from "../../services/simulator/heap.ts";
import { random } from "../../services/simulator/random.ts";

const isSmaller = (one: number, other: number) => one < other;

it("gives items back in order", () => {
  const own = random(1, "heap");
  const items = Array.from({ length: 500 }, () => own.below(100));
  const heap: number[] = [];
  for (const item of items) push(heap, item, isSmaller);
  const sorted = items.map(() => pop(heap, isSmaller));
  expect(sorted).toEqual(items.toSorted((one, other) => one - other));
  expect(pop(heap, isSmaller)).toBeUndefined();
});

it("merges sorted streams, the earlier stream first where items are equal", () => {
  const named = (name: string, ...times: number[]) => times.map((time) => ({ name, time }));
  const streams = [named("a", 1, 3, 3), named("b"), named("c", 1, 2, 3)];
  const merged = [...merge(streams, (one, other) => one.time < other.time)];
  expect(merged.map(({ name, time }) => `${name}${time}`)).toEqual(["a1", "c1", "c2", "a3", "a3", "c3"]);
});

it("takes from endless streams only what is asked for", () => {
  let taken = 0;
  function* count() {
    for (;;) yield ++taken;
  }
  const merged = merge([count()], isSmaller);
  for (let step = 0; step < 3; step++) merged.next();
  expect(taken).toBe(3);
});
