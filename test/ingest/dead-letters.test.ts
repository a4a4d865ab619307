import { expect, it } from "vitest";
import { DeadLetter } from "../../schemas/dead-letter.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import { appendDeadLetters, deadLetter, readDeadLetters } from "../../services/ingest/dead-letters.ts";
import { jwt, NOW } from "./world.ts";

function letter(text: string | Buffer, { nowMs = NOW, source = "http" } = {}) {
  const record = Buffer.from(text);
  const refused = {
    code: "invalid-json" as const,
    message: "expected JSON",
    source,
    tenant: "acme",
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
  expect(await readDeadLetters(stream, { limit: 3 })).toEqual([]);
  const letters = Array.from({ length: 20 }, (_, n) =>
    letter(`{${n}`, { nowMs: NOW + n, source: `source-${n % 3}` }),
  );
  await appendDeadLetters(stream, letters);
  expect(await readDeadLetters(stream, { limit: 3 })).toEqual(letters.slice(-3));
  expect(await readDeadLetters(stream, { limit: 100 })).toEqual(letters);
});

it("finds enough of them when positions have gaps", async () => {
  const stream = memoryStream(1);
  const letters = Array.from({ length: 4 }, (_, n) => letter(`{${n}`, { nowMs: NOW + n }));
  await appendDeadLetters(stream, letters);
  const spaced = {
    ...stream,
    end: async () => 4000,
    read: (name: "dead-letters", partition: number, from: number) =>
      stream.read(name, partition, Math.ceil(from / 1000)),
  };
  expect(await readDeadLetters(spaced as typeof stream, { limit: 3 })).toEqual(letters.slice(-3));
});
