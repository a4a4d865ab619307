/** What the agents of a group add up to, and what they do not. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../../detectors/codec.ts";
import { packed, threshold } from "../../../detectors/evidence/conformal.ts";
import { sumsOf } from "../../../detectors/groups/add-up.ts";
import type { Contribution } from "../../../detectors/groups/contribution.ts";
import { type Added, MOST_PEERS, sumVersion } from "../../../detectors/groups/sum.ts";
import {
  type GroupVersion,
  readVersion,
  shareKnown,
  writeVersion,
} from "../../../detectors/groups/version.ts";

interface Fields {
  readonly units?: readonly number[];
  readonly operations?: readonly number[];
  readonly scores?: readonly number[];
  readonly group?: string;
}

/** Hashes whose words are these numbers. */
const hashes = (numbers: readonly number[]) => Int32Array.from(numbers.flatMap((one) => [one, -one]));

/** What an agent adds: its scores are of its units in turn. */
function added(
  agent: number,
  { units = [agent * 10, agent * 10 + 1], operations = [], scores = [], group = "g" }: Fields,
): Added {
  const contribution: Contribution = {
    ...{ group, from: 1, until: 2, weights: 2 },
    ...{ units: hashes(units), operations: hashes(operations), values: hashes([]) },
    scores: Int32Array.from(scores, (points, at) => packed(points, (at % units.length) + 1)),
  };
  return { low: agent, high: -agent, contribution };
}

const agents = fc.array(
  fc.record({
    units: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
    operations: fc.array(fc.nat(20), { maxLength: 10 }),
    scores: fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 30 }),
    group: fc.constantFrom("", "g", "h"),
  }),
  { minLength: 1, maxLength: 100 },
);

function bytesOf(version: GroupVersion): string {
  const to = new ByteWriter();
  writeVersion(version, to);
  return Buffer.from(to.take()).toString("hex");
}

function summed(all: readonly Added[]) {
  const sums = sumsOf(7);
  for (const { low, high, contribution } of all) sums.add("t", low, high, contribution);
  return sums.versions().map(([tenant, version]) => [tenant, bytesOf(version)]);
}

describe("a sum", () => {
  it("is the same in whatever order agents come", () => {
    fc.assert(
      fc.property(agents, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (fields, order) => {
        const all = fields.map((one, at) => added(at + 1, one));
        const shuffled = all
          .map((one) => [one, order.next().value ?? 0] as const)
          .sort(([, a], [, b]) => a - b)
          .map(([one]) => one);
        expect(summed(shuffled)).toEqual(summed(all));
      }),
    );
  });

  it("is there from three agents and two trust units on", () => {
    const three = [1, 2, 3].map((agent) => added(agent, {}));
    expect(sumVersion("g", 7, three)).toMatchObject({ agents: 3, witnesses: 3, epoch: 7 });
    expect(sumVersion("g", 7, three.slice(1))).toBeUndefined();
    expect(
      sumVersion(
        "g",
        7,
        [1, 2, 3].map((agent) => added(agent, { units: [5] })),
      ),
    ).toBeUndefined();
  });

  it("takes of very many agents the same ones, whoever else there is", () => {
    const all = Array.from({ length: 3 * MOST_PEERS }, (_, at) => added(at + 1, { operations: [at % 7] }));
    expect(sumVersion("g", 7, all)?.agents).toBe(MOST_PEERS);
    expect(summed(all)).toEqual(summed(all.toReversed()));
  });

  it("counts the groups that have more agents than are added up", () => {
    const crowdedAt = (count: number) => {
      const sums = sumsOf(7);
      for (let agent = 1; agent <= count; agent++)
        sums.add("t", agent, -agent, added(agent, {}).contribution);
      return sums.crowded;
    };
    // Their own group and their tenant.
    expect([MOST_PEERS, MOST_PEERS + 1, 5 * MOST_PEERS].map(crowdedAt)).toEqual([0, 2, 2]);
  });

  it("survives writing and reading, and knows its own form", () => {
    const version = sumVersion(
      "g",
      7,
      [1, 2, 3].map((agent) => added(agent, { operations: [4], scores: [1, 2] })),
    );
    const to = new ByteWriter();
    if (version !== undefined) writeVersion(version, to);
    expect(readVersion(new ByteReader(to.take()))).toEqual(version);
    expect(readVersion(new ByteReader(Uint8Array.of(99)))).toBeUndefined();
  });
});

const knows = (version: GroupVersion | undefined, operation: number) =>
  version && shareKnown(version, version.operations, operation, -operation);

describe("what a group knows", () => {
  const honest = [1, 2, 3].map((agent) => added(agent, { operations: [4] }));

  it("is what two witnesses or more know, with their share", () => {
    const version = sumVersion("g", 7, [...honest, added(5, { operations: [4, 6] }), added(6, {})]);
    expect(knows(version, 4)).toBe(0.8);
    expect(knows(version, 6)).toBe(0);
  });

  it("does not come from one trust unit, however many agents it alone serves", () => {
    const puppets = [11, 12, 13, 14].map((agent) => added(agent, { units: [9], operations: [6] }));
    expect(knows(sumVersion("g", 7, [...honest, ...puppets]), 6)).toBe(0);
    const another = added(15, { units: [8], operations: [6] });
    expect(knows(sumVersion("g", 7, [...honest, ...puppets, another]), 6)).toBe(0.4);
  });
});

describe("the scores of a group", () => {
  const calm = [1, 2, 3, 4].map((agent) =>
    added(agent, { scores: Array.from({ length: 20 }, (_, at) => at * 10) }),
  );
  const limit = (all: readonly Added[]) =>
    threshold(sumVersion("g", 7, all)?.ranked ?? new Int32Array(0), 0.05);

  it("give a threshold, which one trust unit that floods them does not raise", () => {
    const flood = added(9, { units: [9], scores: new Array(64).fill(9000) });
    expect(limit(calm)).toBeLessThan(200);
    expect(limit([...calm, flood])).toBeLessThanOrEqual(limit(calm));
  });

  it("are higher once two trust units have been so high", () => {
    const high = [8, 9].map((agent) => added(agent, { units: [agent], scores: new Array(20).fill(9000) }));
    expect(limit([...calm, ...high])).toBe(9000);
  });
});
