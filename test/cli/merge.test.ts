import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inTimeOrder, merged } from "../../services/cli/merge.ts";

interface Item {
  readonly timeMs: number;
  readonly name: string;
}
async function* from(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
const named = (name: string, times: readonly number[]): Item[] =>
  times.map((timeMs) => ({ timeMs, name: `${name}${timeMs}` }));
async function all(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
const names = async (items: AsyncIterable<Item>) => (await all(items)).map((item) => item.name);

describe("a file", () => {
  it("comes in order if nothing is later than the lateness", async () => {
    const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 50 })), {
      maxLength: 3000,
    });
    await fc.assert(
      fc.asyncProperty(times, async (made) => {
        // Sorted by arrival; the event itself is up to 50 ms older.
        const arriving = made
          .sort(([a], [b]) => a - b)
          .map(([arrival, delay]) => ({ timeMs: arrival - delay, name: "" }));
        const result = (await all(inTimeOrder(from(arriving), 50))).map((item) => item.timeMs);
        expect(result).toEqual(arriving.map((item) => item.timeMs).sort((a, b) => a - b));
      }),
      { numRuns: 30 },
    );
  });

  it("keeps its own order at equal times, and loses nothing that is too late", async () => {
    const items = [
      { timeMs: 5, name: "a" },
      { timeMs: 5, name: "b" },
      { timeMs: 1, name: "late" },
    ];
    expect((await names(inTimeOrder(from(items), 0))).sort()).toEqual(["a", "b", "late"]);
    expect(await names(inTimeOrder(from(items.slice(0, 2)), 10))).toEqual(["a", "b"]);
  });
});

describe("a file that breaks off", () => {
  it("fails after everything before the fault", async () => {
    const seen: string[] = [];
    async function* broken(): AsyncGenerator<Item> {
      yield* named("a", [1, 2]);
      throw new Error("cut");
    }
    const reading = (async () => {
      for await (const { name } of merged([inTimeOrder(broken(), 10)])) seen.push(name);
    })();
    await expect(reading).rejects.toThrow("cut");
    expect(seen).toEqual(["a1", "a2"]);
  });
});

describe("several files", () => {
  it("come as one, by time, and at equal times in the order of their names", async () => {
    const [one, two, none] = [named("a", [1, 4, 5]), named("b", [2, 4, 9]), named("c", [])];
    expect(await names(merged([from(one), from(two), from(none)]))).toEqual([
      "a1",
      "b2",
      "a4",
      "b4",
      "a5",
      "b9",
    ]);
  });
});
