/** Record batches as they are written and read, without a broker: what a broker makes of them is tested with one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODECS, type CodecName, compress, decompress } from "../../../services/adapters/kafka/codecs.ts";
import {
  endOfBatches,
  FetchReader,
  type UnreadableRecords,
} from "../../../services/adapters/kafka/record-reader.ts";
import { RecordWriter } from "../../../services/adapters/kafka/record-writer.ts";
import { gathering } from "../../../services/adapters/kafka/sockets.ts";
import { linesOf } from "../../conformance/stream-records.ts";

const SEED = 20_260_101;
const codec = fc.constantFrom(...(Object.keys(CODECS) as CodecName[]));
const line = fc.string({ maxLength: 80, unit: "binary" }).map((text) => text.repeat(9));
const standIn = ({ from, to }: UnreadableRecords) => Buffer.from(`unreadable ${from} to ${to}`);

/** A batch as it lies in the log, at these positions. */
function written(lines: readonly string[], first: number, name: CodecName = "none"): Buffer {
  const writer = new RecordWriter();
  for (const [at, text] of lines.entries())
    writer.add(at % 2 ? Buffer.from("key") : undefined, Buffer.from(text));
  const batch = Buffer.from(writer.seal({ producerId: 7n, epoch: 0, sequence: 0 }, name));
  batch.writeBigInt64BE(BigInt(first), 0);
  return batch;
}

function read(chunk: Buffer, from = 0, end = Number.POSITIVE_INFINITY, maxBytes = 1_000_000) {
  const reader = new FetchReader(chunk, from, end, standIn);
  const batches = [];
  for (let batch = reader.read(3, maxBytes); batch; batch = reader.read(3, maxBytes)) batches.push(batch);
  const records = batches.flatMap((batch) => linesOf(batch).map((text, at) => [batch.positions[at], text]));
  return { batches, records, next: reader.next };
}

describe("record batches", () => {
  it("are read as they were written, whatever the codec, the bound and the place to begin", () => {
    const batch = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 12 }),
      codec,
      gap: fc.nat(5),
    });
    const property = fc.property(
      fc.array(batch, { maxLength: 5 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (batches, maxBytes, part) => {
        let first = 0;
        const expected: [number, string][] = [];
        const chunks = batches.map((one) => {
          first += one.gap;
          expected.push(...one.lines.map((text, at) => [first + at, text] as [number, string]));
          const chunk = written(one.lines, first, one.codec);
          first += one.lines.length;
          return chunk;
        });
        const from = Math.floor(part * first);
        const { batches: handed, records, next } = read(Buffer.concat(chunks), from, undefined, maxBytes);
        expect(records).toEqual(expected.filter(([position]) => position >= from));
        for (const { bytes, count } of handed) expect(bytes.length <= maxBytes || count === 1).toBe(true);
        expect(next).toBe(Math.max(from, first));
        expect(endOfBatches(Buffer.concat(chunks)) ?? 0).toBe(batches.length === 0 ? 0 : first);
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  it("give the memory back that they were unpacked to, and what is not handed out yet is read on", () => {
    const long = Array.from({ length: 8 }, (_, at) => `${at}`.repeat(20_000));
    const reader = new FetchReader(written(long, 0, "lz4"), 0, Number.POSITIVE_INFINITY, standIn);
    const first = reader.read(3, 90_000);
    reader.release();
    expect(linesOf(first!)).toEqual(long.slice(0, 4));
    const second = reader.read(3, 90_000);
    expect(linesOf(second!)).toEqual(long.slice(4));
    reader.release();
    expect(second!.bytes.length).toBe(0);
  });

  it("carry their traces behind their values, where they have one", () => {
    const traces = [
      undefined,
      `00-${"a".repeat(32)}-${"1".repeat(16)}-01`,
      undefined,
      `00-${"b".repeat(32)}-${"2".repeat(16)}-00`,
    ];
    const property = fc.property(
      codec,
      fc.nat(600),
      fc.integer({ min: 1, max: 4000 }),
      (name, length, maxBytes) => {
        const writer = new RecordWriter();
        for (const [at, trace] of traces.entries())
          writer.add(undefined, Buffer.from(`${at}`.repeat(length)), trace);
        const batch = Buffer.from(writer.seal({ producerId: 7n, epoch: 0, sequence: 0 }, name));
        const told = read(Buffer.concat([batch, batch]), 0, 4, maxBytes).batches.flatMap((one) =>
          Array.from(one.positions, (position) => one.traceAt?.(position)),
        );
        expect(told).toEqual(traces);
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 100 });
  });

  it("are left out from the end that was asked for on", () => {
    const { records, next } = read(written(["a", "b", "c"], 5), 0, 7);
    expect([records, next]).toEqual([
      [
        [5, "a"],
        [6, "b"],
      ],
      7,
    ]);
  });

  it("that are cut short by the end of a fetch wait for the next one", () => {
    const chunk = Buffer.concat([written(["a"], 0), written(["b"], 1).subarray(0, 40)]);
    expect(read(chunk)).toMatchObject({ records: [[0, "a"]], next: 1 });
    expect(endOfBatches(chunk)).toBe(1);
  });

  it("that are not ours to read, of transactions or empty, only move the position", () => {
    const control = written(["x"], 1);
    control.writeInt16BE(0x20, 21);
    const empty = written(["y"], 2).subarray(0, 61);
    empty.writeInt32BE(49, 8);
    empty.writeInt32BE(0, 57);
    const chunk = Buffer.concat([written(["a"], 0), control, empty, written(["b"], 3)]);
    expect(read(chunk)).toMatchObject({
      records: [
        [0, "a"],
        [3, "b"],
      ],
      next: 4,
    });
  });

  it("whose bytes make no sense are one record that says so, whatever was changed, and nothing behind it waits", () => {
    const lines = Array.from({ length: 40 }, (_, at) => `{"line":${at},"text":"${"x".repeat(at)}"}`);
    const property = fc.property(codec, fc.integer({ min: 61, max: 500 }), fc.nat(255), (name, at, byte) => {
      const batch = written(lines, 0, name);
      batch[Math.min(at, batch.length - 1)] = byte;
      const { records, next } = read(Buffer.concat([batch, written(["behind"], 40)]));
      expect(records.at(-1)).toEqual([40, "behind"]);
      expect(next).toBe(41);
      const positions = records.map(([position]) => position);
      expect(positions).toEqual([...new Set(positions)].sort((a, b) => Number(a) - Number(b)));
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });
});

describe("what a batch unpacks to", () => {
  it.each(["gzip", "zstd", "lz4", "snappy"] as const)(
    "is refused with %s before it fills the memory",
    (name) => {
      const bomb = compress(CODECS[name], Buffer.alloc(70_000_000));
      expect(() => decompress(CODECS[name], bomb)).toThrow(RangeError);
      const large = compress(CODECS[name], Buffer.alloc(60_000_000));
      expect(decompress(CODECS[name], large)).toHaveLength(60_000_000);
    },
  );
});

describe("answers", () => {
  const answer = (text: string) => {
    const bytes = Buffer.from(`....${text}`);
    bytes.writeInt32BE(text.length);
    return bytes;
  };

  it("come whole, in whatever pieces they arrive", () => {
    const answers = ["one", "t", "three".repeat(100)].map(answer);
    const property = fc.property(fc.array(fc.nat(520), { maxLength: 20 }), (cuts) => {
      const all = Buffer.concat(answers);
      const edges = [0, ...cuts.sort((a, b) => a - b), all.length];
      const seen: Buffer[] = [];
      const take = gathering((whole) => seen.push(whole));
      for (const [at, edge] of edges.entries()) take(all.subarray(edge, edges[at + 1] ?? all.length));
      expect(seen).toEqual(answers);
    });
    fc.assert(property, { seed: SEED });
  });

  it("that begin with no size are refused", () => {
    expect(() => gathering(() => {})(Buffer.from("HTTP/1.1 400 Bad Request"))).toThrow(/none of Kafka's/);
  });
});
