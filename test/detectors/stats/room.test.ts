import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../../detectors/codec.ts";
import { bytes, ints, readBytes, readInts } from "../../../detectors/stats/room.ts";

interface Held {
  readonly page: Int32Array;
  readonly at: number;
  readonly length: number;
  readonly mark: number;
}

const read = ({ page, at, length }: Omit<Held, "mark">) => [...page.subarray(at, at + length)];
const marked = ({ length, mark }: Held) => new Array<number>(length).fill(mark);

/** An array full of a number of its own. */
function begin(length: number, mark: number): Held {
  const { page, at } = ints.room(length);
  expect(read({ page, at, length })).toEqual(new Array(length).fill(0));
  page.fill(mark, at, at + length);
  return { page, at, length, mark };
}

function grow({ page, at, length, mark }: Held, by: number): Held {
  const longer = length + by;
  const to = ints.grown(page, at, length, longer);
  const own = new Array<number>(length).fill(mark);
  expect(read({ ...to, length: longer })).toEqual([...own, ...new Array<number>(by).fill(0)]);
  to.page.fill(mark, to.at, to.at + longer);
  return { ...to, length: longer, mark };
}

/** What is done next: which array is chosen, and how many numbers are asked for. */
const step = fc.record({
  what: fc.constantFrom("begin", "grow", "end"),
  which: fc.nat(),
  length: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 9000 })),
});

describe("room for arrays", () => {
  it("begins with zeros, grows with what it held, and is nobody else's until it is given back", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const held: Held[] = [];
        steps.forEach(({ what, which, length }, mark) => {
          const [chosen] = what === "begin" ? [] : held.splice(which % Math.max(1, held.length), 1);
          if (what === "begin") held.push(begin(length, mark + 1));
          else if (chosen !== undefined && what === "grow") held.push(grow(chosen, length));
          else if (chosen !== undefined) ints.giveBack(chosen.page, chosen.at, chosen.length);
        });
        for (const one of held) expect(read(one)).toEqual(marked(one));
      }),
      { numRuns: 60 },
    );
  });

  it("is used again by arrays of about the same length", () => {
    const { page, at } = ints.room(1000);
    ints.giveBack(page, at, 1000);
    const again = ints.room(995);
    expect([again.page === page, again.at]).toEqual([true, at]);
    expect(ints.room(995).at).not.toBe(at);
  });

  it("is a page of its own for a long array, which goes with whoever holds it", () => {
    const made = ints.made;
    for (let times = 0; times < 100; times++) {
      const { page, at } = ints.room(10_000);
      expect([page.length, at]).toEqual([10_000, 0]);
      ints.giveBack(page, at, 10_000);
    }
    expect(ints.made).toBe(made);
  });

  it("holds what was written, at any place", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.uint8Array(), (numbers, octets) => {
        const writer = new ByteWriter();
        writer.u8(1);
        writer.ints(Int32Array.from([7, ...numbers, 7]), 1, numbers.length);
        writer.bytes(Uint8Array.from([7, ...octets, 7]), 1, octets.length);
        const reader = new ByteReader(writer.take());
        reader.u8();
        expect(read(readInts(reader, numbers.length))).toEqual(numbers);
        const { page, at, length } = readBytes(reader, octets.length);
        expect(page.subarray(at, at + length)).toEqual(octets);
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  it("refuses a list that is shorter than what it is said to hold, or than it says itself", () => {
    const writer = new ByteWriter();
    writer.ints(Int32Array.of(1, 2, 3), 0, 3);
    const written = writer.take();
    expect(readInts(new ByteReader(written), 3).length).toBe(3);
    expect(() => readInts(new ByteReader(written), 4)).toThrow(RangeError);
    expect(() => readBytes(new ByteReader(written), 4)).toThrow(RangeError);
    expect(() => readInts(new ByteReader(written.slice(0, 15)), 3)).toThrow(RangeError);
    expect(bytes.room(0)).toBe(bytes.nowhere);
  });
});
