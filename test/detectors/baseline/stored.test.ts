import { describe, expect, it } from "vitest";
import * as graph from "../../../detectors/baseline/graph/graph.ts";
import { readGraph, writeGraph } from "../../../detectors/baseline/graph/graph-codec.ts";
import { slotFor } from "../../../detectors/baseline/values/slots.ts";
import { newTargets, readTargets, writeTargets } from "../../../detectors/baseline/values/targets.ts";
import * as values from "../../../detectors/baseline/values/values.ts";
import { ByteReader, ByteWriter } from "../../../detectors/codec.ts";

const written = (write: (to: ByteWriter) => void) => {
  const to = new ByteWriter();
  write(to);
  return to.take();
};
const reader = (write: (to: ByteWriter) => void) => new ByteReader(written(write));

/** Nodes as version 3 stored them: the unused one, a root, and an operation of two sessions on two days from unit 7. */
const NODES = [
  [0, 0, 0, 0, 0, 0, 0, 0],
  [1, 0, 0, 0, 9, 1 << 16, 0, 0],
  [(1 << 4) | 8 | 1, (5 << 16) | 2, 9, 4, 0, 300, 7, 2],
];
const stored = (nodes: readonly (readonly number[])[]) =>
  reader((to) => to.ints(Int32Array.from(nodes.flat())));

describe("a stored graph", () => {
  it("is read as an earlier version has written it", () => {
    const g = readGraph(stored(NODES));
    const node = graph.child(g, 1, 5);
    expect(node).toBe(2);
    expect([graph.stateOf(g, node), graph.sessionsOf(g, node), graph.onManyDays(g, node)]).toEqual([
      1,
      2,
      true,
    ]);
    expect([graph.countOf(g, node), graph.freshOf(g, node), graph.witnessesOf(g, node)]).toEqual([9, 4, 1]);
    expect([graph.totalOf(g, 1), graph.kindsOf(g, 1)]).toEqual([9, 1]);
    graph.freeze(g, node);
    expect([graph.countOf(g, node), graph.totalOf(g, 1), graph.kindsOf(g, 1)]).toEqual([13, 13, 1]);
  });

  it("is written as it was read, but for the session that was its last", () => {
    const expected = NODES.map((node) => [...node.slice(0, 7), 0]);
    const graph = readGraph(stored(NODES));
    expect(written((to) => writeGraph(graph, to))).toEqual(
      written((to) => to.ints(Int32Array.from(expected.flat()))),
    );
  });

  it("is refused if a node stands before its parent", () => {
    expect(() => readGraph(stored([NODES[0]!, NODES[1]!, [3 << 4, 5 << 16, 0, 0, 0, 0, 0, 0]]))).toThrow(
      RangeError,
    );
  });
});

/** One value of the slot with key 1, hash (11, 12), of three sessions. */
const VALUE = [1, 11, 12, (3 << 16) | 300, 7, -1];
const FREE = [0, 0, 0, 0, 0, 0];
const targetsOf = (count: number, records: readonly (readonly number[])[]) =>
  reader((to) => {
    to.i32(0);
    to.ints(new Int32Array(16));
    to.i32(count);
    to.ints(Int32Array.from(records.flat()));
    to.i32(0);
    to.bytes(new Uint8Array(0), 0, 0);
  });

describe("stored targets", () => {
  it("are read with the free places that version 3 left between values", () => {
    const targets = readTargets(targetsOf(1, [FREE, VALUE, FREE, FREE]));
    const record = values.first(targets);
    expect([values.sessionsOf(targets, record), values.witnessesOf(targets, record)]).toEqual([3, 1]);
    expect(values.after(targets, record)).toBe(-1);
  });

  it("are read back as they were written, and go on from there", () => {
    const targets = newTargets();
    for (let value = 1; value <= 300; value++)
      values.note(targets, slotFor(targets, 3 + (value & 3), 9), value << 20, -value, 300, 1);
    const again = readTargets(reader((to) => writeTargets(targets, to)));
    expect(again.count).toBe(300);
    for (let value = 1; value <= 300; value++)
      expect(
        values.sessionsOf(
          again,
          values.note(again, slotFor(again, 3 + (value & 3), 9), value << 20, -value, 301, 2),
        ),
      ).toBe(2);
    expect(again.count).toBe(300);
  });

  it("are refused if values are more or fewer than they say", () => {
    for (const count of [0, 2, -1, 40_000])
      expect(() => readTargets(targetsOf(count, [VALUE]))).toThrow(RangeError);
  });
});
