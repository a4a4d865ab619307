import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Framer } from "../../services/ingest/file-blocks.ts";
import { documentFramer } from "../../services/ingest/file-documents.ts";
import { lineFramer } from "../../services/ingest/file-lines.ts";
import { type Block, type FileProgress, type LongRecord, readRecords } from "../../services/ingest/files.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function fileWith(...parts: (Uint8Array | string)[]): string {
  const path = join(folder, `${files++}`);
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
  return path;
}

/** `line: text` of each record, and `line! bytes` of each refusal. */
function shown(piece: Block | LongRecord): string[] {
  if ("code" in piece) return [`${piece.line}! ${piece.bytes}`];
  expect(piece.bytes.length).toBeGreaterThanOrEqual((piece.ends[piece.count - 1] ?? 0) + 16);
  return Array.from({ length: piece.count }, (_, index) => {
    const text = piece.bytes.toString("utf8", piece.starts[index], piece.ends[index]);
    return `${piece.firstLine + index}: ${text}`;
  });
}
interface Reading {
  readonly records: string[];
  readonly error?: OffgraphError;
}
async function read(
  path: string,
  maxLineBytes = 1_048_576,
  onProgress?: (progress: FileProgress) => void,
): Promise<Reading> {
  const records: string[] = [];
  try {
    for await (const piece of readRecords(path, { maxLineBytes, onProgress })) records.push(...shown(piece));
  } catch (error) {
    if (error instanceof OffgraphError) return { records, error };
    throw error;
  }
  return { records };
}
const numbered = (...texts: string[]) => texts.map((text, index) => `${index + 1}: ${text}`);

/** Lines that compress badly, so that there are many compressed bytes. */
const LINES = Array.from(
  { length: 20_000 },
  (_, index) => `{"i":${index},"x":${(Math.imul(index, 2_654_435_761) >>> 0) / 7}}`,
);
const TEXT = `${LINES.join("\n")}\n`;
const ALL = numbered(...LINES);

describe("lines", () => {
  it("end with LF, CRLF or the file", async () => {
    expect(await read(fileWith('{"a":1}\n{"b":2}\r\n{"c":3}'))).toEqual({
      records: numbered('{"a":1}', '{"b":2}', '{"c":3}'),
    });
  });

  it("that are empty are passed over, and counted", async () => {
    expect(await read(fileWith("\n\na\n \t\r\n\r\nb\n\n"))).toEqual({ records: ["3: a", "6: b"] });
  });

  it("in a file without any are none", async () => {
    expect(await read(fileWith(""))).toEqual({ records: [] });
    expect(await read(fileWith("\n\n"))).toEqual({ records: [] });
  });

  it("begin after a byte order mark", async () => {
    expect(await read(fileWith("\ufeffa\n\ufeffb"))).toEqual({ records: ["1: a", "2: \ufeffb"] });
    expect(await read(fileWith("\ufeff"))).toEqual({ records: [] });
  });

  it("go over the borders of blocks", async () => {
    const long = [1, 2, 3].map((digit) => String(digit).repeat(400_000));
    expect(await read(fileWith(long.join("\n")))).toEqual({ records: numbered(...long) });
  });

  it("stay as they are while later ones are read", async () => {
    const kept: (Block | LongRecord)[] = [];
    for await (const piece of readRecords(fileWith(TEXT, TEXT), { maxLineBytes: 1000 })) kept.push(piece);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.flatMap(shown)).toEqual(numbered(...LINES, ...LINES));
  });

  it("longer than the limit are refused with their length and beginning, and reading goes on", async () => {
    const path = fileWith(
      "a\n",
      "x".repeat(5000),
      "\nb\n",
      "y".repeat(101),
      "\n",
      "z".repeat(100),
      "\n",
      "w".repeat(200),
    );
    expect((await read(path, 100)).records).toEqual([
      "1: a",
      "2! 5000",
      "3: b",
      "4! 101",
      `5: ${"z".repeat(100)}`,
      "6! 200",
    ]);
    const excerpts: string[] = [];
    for await (const piece of readRecords(path, { maxLineBytes: 100 }))
      if ("code" in piece) excerpts.push(piece.excerpt.toString());
    expect(excerpts).toEqual(["x".repeat(4096), "y".repeat(101), "w".repeat(200)]);
  });

  it("of a hundred megabytes are passed over without being held", async () => {
    const path = fileWith("a\n", Buffer.alloc(100_000_000, "x"), "\nb\n");
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const { records } = await read(path, 1_048_576, () => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    });
    expect(records).toEqual(["1: a", "2! 100000000", "3: b"]);
    expect(most).toBeLessThan(20_000_000);
  });
});

describe("JSON documents", () => {
  const records = ['{"a":[1,{"b":"]}\\""}]}', '{"c":"\\\\"}', '{"d":{}}'];

  it.each([
    ["a log file of S3", `{"Records":[${records.join(",")}]}`],
    ["a list", `[${records.join(",")}]`],
    ["a list over lines", `\n [\n  ${records.join(",\n  ")}\n]\n`],
    ["a log file over lines", `{\n  "Records" : [\n${records.join("\n,\n")}\n]\n}\n`],
    [
      "log files one after the other",
      `{"Records":[${records.slice(0, 2).join(",")}]}\n{"Records":[${records[2]}]}\n`,
    ],
    ["a list behind a byte order mark", `\ufeff[${records.join(",")}]`],
  ])("are read record by record: %s", async (_, text) => {
    expect(await read(fileWith(text))).toEqual({ records: numbered(...records) });
  });

  it("may be objects over lines", async () => {
    expect(await read(fileWith('{\n  "a": 1\n}\n{\n  "b": 2\n}\n'))).toEqual({
      records: numbered('{\n  "a": 1\n}', '{\n  "b": 2\n}'),
    });
  });

  it("are not what a file of lines is, even of lists", async () => {
    expect(await read(fileWith("[1,2]\n[3,4]\n"))).toEqual({ records: numbered("[1,2]", "[3,4]") });
    expect(await read(fileWith('{"detail":{}}\n{"a":\n'))).toEqual({
      records: numbered('{"detail":{}}', '{"a":'),
    });
  });

  it("without an end give what is unfinished too, so that it is refused by name", async () => {
    expect(await read(fileWith('[{"a":1},{"b":'))).toEqual({ records: numbered('{"a":1}', '{"b":') });
  });

  it("without records give none", async () => {
    expect(await read(fileWith('{"Records":[]}'))).toEqual({ records: [] });
    expect(await read(fileWith("[]"))).toEqual({ records: [] });
  });

  it("are refused record by record where one is too long, also over blocks", async () => {
    const text = `[{"a":1},{"long":"${"x".repeat(2_000_000)}"},{"b":2}]`;
    expect((await read(fileWith(text), 1000)).records).toEqual(['1: {"a":1}', "2! 2000011", '3: {"b":2}']);
  });
});

describe("any cut into pieces", () => {
  function framed(make: () => Framer, text: string, cuts: number[]): string[] {
    const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(16)]);
    const filled = bytes.length - 16;
    const framer = make();
    const records: string[] = [];
    let from = 0;
    const run = (to: number, isEnd: boolean) => {
      const frames = framer.frame(bytes, from, to, isEnd);
      for (let next = frames.next(); ; next = frames.next()) {
        if (next.done) return next.value;
        records.push(...shown(next.value));
      }
    };
    const places = cuts.map((cut) => cut % (filled + 1)).toSorted((one, other) => one - other);
    for (const place of places) if (place >= from) from = run(place, false);
    run(filled, true);
    return records;
  }
  const cuts = fc.array(fc.nat(400));

  it("gives the same lines", () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 12 }));
    fc.assert(
      fc.property(lines, cuts, fc.constantFrom("\n", "\r\n"), (texts, places, end) => {
        const expected = texts.flatMap((text, index) => {
          if (text.length > 8) return [`${index + 1}! ${text.length}`];
          return text.trim() === "" ? [] : [`${index + 1}: ${text}`];
        });
        const whole = framed(() => lineFramer(8), texts.join(end) + end, []);
        expect(whole).toEqual(expected);
        expect(framed(() => lineFramer(8), `${texts.join("\n")}\n`, places)).toEqual(expected);
      }),
    );
  });

  it("gives the same records of documents", () => {
    const values = fc.array(
      fc.oneof(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.array(fc.jsonValue()),
        fc.string(),
        fc.integer(),
      ),
    );
    fc.assert(
      fc.property(
        values,
        cuts,
        fc.constantFrom(undefined, 1),
        fc.boolean(),
        (elements, places, indent, isWrapped) => {
          const text = JSON.stringify(isWrapped ? { Records: elements } : elements, undefined, indent);
          const read = framed(() => documentFramer(10_000), text, places).map((record) =>
            JSON.parse(record.replace(/^\d+: /, "")),
          );
          expect(read).toEqual(JSON.parse(JSON.stringify(elements)));
        },
      ),
    );
  });
});

describe("compressed files", () => {
  const [first, second] = [TEXT.slice(0, 300_001), TEXT.slice(300_001)];

  it.each([
    ["gzip", [gzipSync(TEXT)]],
    ["gzip of two members", [gzipSync(first), gzipSync(second)]],
    ["gzip with padding", [gzipSync(first), gzipSync(second), Buffer.alloc(40_000)]],
    ["zstd", [zstdCompressSync(TEXT)]],
    ["zstd of two frames", [zstdCompressSync(first), zstdCompressSync(second)]],
  ])("are known by their first bytes: %s", async (_, parts) => {
    expect(await read(fileWith(...parts))).toEqual({ records: ALL });
  });

  it("may hold a document", async () => {
    expect(await read(fileWith(gzipSync('{"Records":[{"a":1}]}')))).toEqual({ records: ['1: {"a":1}'] });
  });

  it.each([
    ["gzip", gzipSync(TEXT)],
    ["zstd", zstdCompressSync(TEXT)],
    ["gzip in its second member", Buffer.concat([gzipSync(first), gzipSync(second)])],
  ])("that end too early give every whole line before, and say where: %s", async (_, bytes) => {
    const path = fileWith(bytes.subarray(0, bytes.length - 20_000));
    const { records, error } = await read(path);
    expect(records.length).toBeGreaterThan(100);
    expect(records).toEqual(ALL.slice(0, records.length));
    expect(error?.code).toBe("file-truncated");
    expect(error?.message).toBe(
      `${path}: the compressed bytes end too early; the last whole line is ${records.length}`,
    );
  });

  it("that end within their head hold nothing", async () => {
    expect((await read(fileWith(gzipSync(TEXT).subarray(0, 6)))).error?.code).toBe("file-truncated");
    expect((await read(fileWith(gzipSync(TEXT).subarray(0, 3)))).records).toEqual([]);
  });

  it("that are damaged in the middle, or followed by something else, say so after what was good", async () => {
    const damaged = gzipSync(TEXT);
    damaged.fill(0xff, damaged.length >> 1, (damaged.length >> 1) + 100);
    for (const path of [fileWith(damaged), fileWith(gzipSync(TEXT), "and more")]) {
      const { records, error } = await read(path);
      expect(records.length).toBeGreaterThan(100);
      expect(records).toEqual(ALL.slice(0, records.length));
      expect(error?.code).toBe("file-unreadable");
      expect(error?.message).toContain(path);
    }
  });
});

describe("files whose name promises compression", () => {
  const named = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return read(join(folder, name));
  };

  it("are refused when they hold something else", async () => {
    for (const [name, expected] of [
      ["plain.gz", "gzip"],
      ["plain.ZST", "zstd"],
    ] as const) {
      const { records, error } = await named(name, "hello\n");
      expect(records).toEqual([]);
      expect(error).toMatchObject({
        code: "file-unreadable",
        message: `${join(folder, name)}: expected ${expected}, as its name says, and it is not`,
      });
    }
  });

  it("are read when they were unpacked on the way, or hold nothing", async () => {
    expect(await named("unpacked.gz", '{"a":1}\n')).toEqual({ records: ['1: {"a":1}'] });
    expect(await named("empty.gz", "")).toEqual({ records: [] });
  });
});

describe("what cannot be opened", () => {
  it("is named", async () => {
    for (const path of [join(folder, "not-there"), folder]) {
      const { records, error } = await read(path);
      expect(records).toEqual([]);
      expect(error?.code).toBe("file-unreadable");
      expect(error?.message).toContain(path);
    }
  });
});

it("tells how far it has read, in bytes of the file", async () => {
  const bytes = gzipSync(TEXT);
  const told: FileProgress[] = [];
  await read(fileWith(bytes), 1000, (progress) => told.push(progress));
  expect(told.at(-1)).toEqual({ bytesRead: bytes.length, bytesTotal: bytes.length });
  expect(told.length).toBeGreaterThan(2);
});

it("closes the file when the reader stops early", async () => {
  for (const bytes of [Buffer.from(TEXT), gzipSync(TEXT)]) {
    for await (const piece of readRecords(fileWith(bytes), { maxLineBytes: 1000 })) {
      expect(shown(piece)[0]).toBe(ALL[0]);
      break;
    }
  }
});

it("reads standard input, compressed or not", async () => {
  const module = new URL("../../services/ingest/files.ts", import.meta.url);
  const program = `
    import { readRecords } from ${JSON.stringify(module.href)};
    let lines = 0;
    for await (const piece of readRecords("-", { maxLineBytes: 1000 })) lines += piece.count;
    process.stdout.write(String(lines));`;
  const counts = [Buffer.from(TEXT), gzipSync(TEXT)].map(async (bytes) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(bytes);
    let counted = "";
    for await (const piece of child.stdout) counted += piece;
    return counted;
  });
  expect(await Promise.all(counts)).toEqual(["20000", "20000"]);
});
