import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, type Member } from "../../../services/adapters/kafka/assigner.ts";

const member = (
  id: string,
  owned: readonly number[] = [],
  generation = owned.length > 0 ? 1 : -1,
): Member => ({
  id,
  owned,
  generation,
});
const shares = (members: readonly Member[], partitions: number) =>
  Object.fromEntries(assign(members, partitions));
/** The members as they claim after the assignment: what they were given and nothing else. */
const next = (
  members: readonly Member[],
  given: ReadonlyMap<string, readonly number[]>,
  generation: number,
) => members.map(({ id }) => ({ id, owned: given.get(id) ?? [], generation }));

describe("partitions", () => {
  it("are shared evenly among members that have none", () => {
    expect(shares([member("a"), member("b")], 5)).toEqual({ a: [0, 1, 2], b: [3, 4] });
  });

  it("stay where they are as far as shares stay even, and what moves is given to nobody yet", () => {
    expect(shares([member("b"), member("a", [0, 1, 2, 3])], 4)).toEqual({ a: [0, 1], b: [] });
  });

  it("go to whoever is left, at once, when their owner is gone", () => {
    expect(shares([member("a", [0, 2])], 4)).toEqual({ a: [0, 2, 1, 3] });
  });

  it("are not kept by a member that missed a generation, because somebody else may have had them", () => {
    expect(shares([member("a", [0, 1], 3), member("b", [2, 3], 5)], 4)).toEqual({ b: [2, 3], a: [0, 1] });
    expect(shares([member("a", [0, 1], 3), member("b", [0, 1], 5)], 2)).toEqual({ b: [0], a: [] });
  });

  it("have one owner each, and even shares after two rounds, whoever comes and goes", () => {
    const step = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 });
    const property = fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.array(step, { minLength: 1 }),
      (partitions, steps) => {
        let members: Member[] = [];
        let generation = 0;
        const rebalance = () => {
          const given = assign(members, partitions);
          const all = [...given.values()].flat();
          expect(all).toEqual([...new Set(all)]);
          members = next(members, given, ++generation);
          return all.length;
        };
        for (const ids of steps) {
          members = ids.map((id) => members.find((one) => one.id === id) ?? member(id));
          rebalance();
          expect(rebalance()).toBe(partitions);
          const sizes = members.map(({ owned }) => owned.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
      },
    );
    fc.assert(property, { seed: 20_260_101 });
  });
});
