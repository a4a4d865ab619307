import { expect, it } from "vitest";
import { random } from "../../services/simulator/random.ts";

const numbers = (stream: ReturnType<typeof random>, count: number) =>
  Array.from({ length: count }, stream.unit);

it("gives the same numbers for the same seed and path", () => {
  expect(numbers(random(7, "agent", 3), 20)).toEqual(numbers(random(7, "agent", 3), 20));
});

it("gives other numbers for another seed, path or order of the path", () => {
  const first = [random(7, "a", "b"), random(8, "a", "b"), random(7, "b", "a"), random(7, "a")].map((each) =>
    each.hex(16),
  );
  expect(new Set(first).size).toBe(4);
});

it("never changes its numbers from one release to the next", () => {
  expect(random(1, "pinned").hex(16)).toBe("64c012b66237099c");
});

it("spreads evenly over the unit interval, at the start of streams too", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let path = 0; path < 10_000; path++) {
    const tenth = Math.floor(random(1, "start", path).unit() * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

it("keeps the mean of waiting times and the median of lognormal ones", () => {
  const own = random(2, "shapes");
  const waits = Array.from({ length: 20_000 }, () => own.exponential(50));
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  expect(mean).toBeGreaterThan(48);
  expect(mean).toBeLessThan(52);
  const below = Array.from({ length: 20_000 }, () => own.lognormal(50, 0.8)).filter(
    (value) => value < 50,
  ).length;
  expect(Math.abs(below - 10_000)).toBeLessThan(400);
});

it("picks one of a list, and refuses to pick from nothing", () => {
  const own = random(2, "picks");
  const picked = new Set(Array.from({ length: 100 }, () => own.pick(["a", "b"])));
  expect([...picked].sort()).toEqual(["a", "b"]);
  expect(() => own.pick([])).toThrow(RangeError);
});
