import { expect, it } from "vitest";
import { DeadLetter } from "../../schemas/dead-letter.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import { appendDeadLetters, deadLetter, readDeadLetters } from "../../services/ingest/dead-letters.ts";
import { jwt, NOW } from "./world.ts";

function letter(text: string | Buffer, { nowMs = NOW, source = "http", tenant = "acme" } = {}) {
  const record = Buffer.from(text);
  const refused = {
    code: "invalid-json" as const,
    message: "expected JSON",
    source,
    tenant,
    place: "a.ndjson",
  };
  return deadLetter({ ...refused, line: 7, record, bytes: record.length }, nowMs);
}

it("says what was refused, where, when and why", () => {
  const made = letter('{"id":');
  expect(DeadLetter.parse(made)).toEqual(made);
  expect(made).toEqual({
    code: "invalid-json",
    message: "expected JSON",
    source: "http",
    tenant: "acme",
    place: "a.ndjson",
    line: 7,
    time: "2026-01-05T10:00:00.000Z",
    excerpt: '{"id":',
    bytes: 6,
  });
});

it("cuts a long record to 4,096 characters, and does not cut a secret into something that is none", () => {
  const token = jwt({ sub: "billing" });
  expect(letter("word ".repeat(10_000)).excerpt.length).toBe(4096);
  for (let before = 16_384 - token.length; before < 16_384; before += 3) {
    const { excerpt } = letter(`${"-".repeat(before - 1)} ${token}${" ".repeat(20)}`);
    expect(excerpt).not.toContain("eyJ");
  }
  expect(letter("x".repeat(20_000)).excerpt).toBe("");
});

it("holds no control characters, and shows what is not UTF-8 as such", () => {
  expect(letter("a\u001b[31mb\r\nc").excerpt).toBe("a [31mb c");
  expect(letter(Buffer.from("a\xffb", "latin1")).excerpt).toBe("a\ufffdb");
});

it("reads the newest back, in order of time, over all partitions", async () => {
  const stream = memoryStream(4);
  await appendDeadLetters(stream, []);
  expect(await readDeadLetters(stream, { tenant: "acme", limit: 3 })).toEqual([]);
  const letters = Array.from({ length: 20 }, (_, n) =>
    letter(`{${n}`, { nowMs: NOW + n, source: `source-${n % 3}` }),
  );
  await appendDeadLetters(stream, letters);
  expect(await readDeadLetters(stream, { tenant: "acme", limit: 3 })).toEqual(letters.slice(-3));
  expect(await readDeadLetters(stream, { tenant: "acme", limit: 100 })).toEqual(letters);
});

it("finds a tenant's letters behind those of others", async () => {
  const stream = memoryStream(1);
  const of = (tenant: string, count: number) =>
    Array.from({ length: count }, (_, n) => letter("{", { nowMs: NOW + n, tenant }));
  const own = of("acme", 5);
  await appendDeadLetters(stream, [...own, ...of("other", 5000)]);
  expect(await readDeadLetters(stream, { tenant: "acme", limit: 3 })).toEqual(own.slice(-3));
  expect(await readDeadLetters(stream, { tenant: "nobody", limit: 3 })).toEqual([]);
});

it("looks through so many and no more", async () => {
  const stream = memoryStream(1);
  await appendDeadLetters(stream, [letter("{")]);
  const reads: number[] = [];
  const long = {
    ...stream,
    end: async () => 10_000_000,
    read: (name: "dead-letters", partition: number, from: number) => {
      reads.push(from);
      return stream.read(name, partition, from);
    },
  };
  expect(await readDeadLetters(long, { tenant: "acme", limit: 3 })).toEqual([]);
  expect([reads.length, Math.min(...reads)]).toEqual([100, 9_900_000]);
});

it("finds enough of them when positions have gaps", async () => {
  const stream = memoryStream(1);
  const letters = Array.from({ length: 4 }, (_, n) => letter(`{${n}`, { nowMs: NOW + n }));
  await appendDeadLetters(stream, letters);
  const spaced = {
    ...stream,
    end: async () => 4000,
    read: async function* (name: "dead-letters", partition: number, from: number) {
      for await (const batch of stream.read(name, partition, Math.ceil(from / 1000)))
        yield { ...batch, positions: batch.positions.map((position) => position * 1000) };
    },
  };
  expect(await readDeadLetters(spaced, { tenant: "acme", limit: 3 })).toEqual(letters.slice(-3));
});
