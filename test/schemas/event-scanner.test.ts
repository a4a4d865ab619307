import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns, TEXT } from "../../schemas/event-view.ts";
import { event, type Fields, type Json, knownEvent, plainEvent, text } from "./events.ts";
import { choices, oddEvent, writeOddly } from "./oddities.ts";
import { shownBy, shownOf } from "./view-of.ts";

const KEY = hashKey(Buffer.from("0123456789abcdef"));
const scanner = new EventScanner(KEY);
const columns = eventColumns(2);
const read = (bytes: Buffer, strict: boolean) => scanner.scan(bytes, 0, bytes.length, columns, 1, strict);

const TICK = { id: "e", kind: "tick", time: "2026-03-02T09:00:00Z", tenant: "t", source: "s" };

/** Holds a strict scan of a line to the schema. Answers whether it was accepted. */
function compare(bytes: Buffer): boolean {
  if (!read(bytes, true)) return false;
  const parsed: Json = JSON.parse(bytes.toString("utf8"));
  expect(Event.parse(parsed)).toEqual(parsed);
  expect(shownBy(columns, 1)).toEqual(shownOf(parsed as Fields));
  return true;
}

describe("a strict scan", () => {
  it("accepts only what the schema accepts, with nothing stripped and every column right", () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.oneof(plainEvent, event, { weight: 2, arbitrary: oddEvent }),
        fc.nat(),
        (fields, seed) => {
          if (compare(Buffer.from(writeOddly(fields, choices(seed))))) accepted++;
        },
      ),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(250);
  });

  it("is held to the schema on mutated bytes too", () => {
    let accepted = 0;
    const mutation = fc.tuple(
      fc.nat(),
      fc.constantFrom("replace", "remove", "insert", "swap"),
      fc.constantFrom(...'"\\{}[]:,09aZ \n\u0000é.-+e'),
    );
    fc.assert(
      fc.property(plainEvent, fc.array(mutation, { minLength: 1, maxLength: 2 }), (fields, mutations) => {
        const bytes = mutations.reduce<Buffer>(
          (line, [at, how, byte]) => mutate(line, at, how, byte),
          Buffer.from(JSON.stringify(fields)),
        );
        if (compare(bytes)) accepted++;
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it("accepts every event of plain text as we write it", () => {
    fc.assert(
      fc.property(plainEvent, (fields) => {
        expect(read(Buffer.from(canonicalLine(Event.parse(fields))), true)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses every beginning of a line, whatever stands behind it", () => {
    fc.assert(
      fc.property(event, (fields) => {
        const line = Buffer.from(canonicalLine(Event.parse(fields)));
        for (let end = 0; end < line.length; end++) {
          expect(scanner.scan(line, 0, end, columns, 0, true)).toBe(false);
          expect(scanner.scan(line, 0, end, columns, 0, false)).toBe(false);
        }
      }),
      { numRuns: 12 },
    );
  });

  it.each([
    ["an unknown field", '"extra":1'],
    ["a name of the prototype", '"__proto__":{"tier":2}'],
    ["a name twice", '"tenant":"other"'],
    ["nested junk", `"subject":${'{"id":'.repeat(500)}1${"}".repeat(500)}`],
    ["a number of 40 digits", `"outcome":{"result":"ok","status":${"9".repeat(40)}}`],
    ["a leading zero", '"outcome":{"result":"ok","status":0200}'],
    ["a number with an exponent", '"outcome":{"result":"ok","status":2e2}'],
  ])("leaves %s to the schema", (_, member) => {
    const line = `{"id":"e","kind":"token.issued","time":"2026-03-02T09:00:00.000Z","tenant":"t","source":"s","agent":{"id":"a"},"token":{"publicId":"p"}}`;
    expect(read(Buffer.from(line), true)).toBe(true);
    expect(read(Buffer.from(`${line.slice(0, -1)},${member}}`), true)).toBe(false);
  });
});

describe("a trusted scan", () => {
  it("accepts whatever the log holds, text of any script and escapes included, and shows the same", () => {
    fc.assert(
      fc.property(event, (fields) => {
        const parsed = Event.parse(fields);
        expect(read(Buffer.from(canonicalLine(parsed)), false)).toBe(true);
        expect(shownBy(columns, 1)).toEqual(shownOf(JSON.parse(canonicalLine(parsed))));
      }),
      { numRuns: 1000 },
    );
  });

  it("passes over fields of a newer writer, at any place and of any form", () => {
    const newer = fc.dictionary(
      fc.constantFrom("new", "__proto__", 'quo"te', "kind2"),
      fc.jsonValue({ maxDepth: 3 }),
      { maxKeys: 2 },
    );
    fc.assert(
      fc.property(knownEvent, newer, fc.boolean(), (fields, added, first) => {
        const known = JSON.parse(canonicalLine(Event.parse(fields)));
        const agent = known.agent === undefined ? {} : { agent: { ...added, ...known.agent } };
        const line = JSON.stringify(
          first ? { ...added, ...known, ...agent } : { ...known, ...agent, ...added },
        );
        expect(read(Buffer.from(line), false)).toBe(true);
        expect(shownBy(columns, 1)).toEqual(shownOf(known));
      }),
      { numRuns: 500 },
    );
  });
});

describe("lines that were brought near together", () => {
  it("are read as each would be alone, whatever stands between them", () => {
    const between = fc.constantFrom("\n", "\r\n", "}", '"', ',"id":"x"', " ".repeat(20), "é");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(event, between), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (all, strict) => {
          const lines = all.map(([fields]) => Buffer.from(JSON.stringify(fields)));
          const pieces = lines.flatMap((line, at) => [line, Buffer.from(all[at]?.[1] ?? "")]);
          const bytes = Buffer.concat([Buffer.from("{"), ...pieces]);
          scanner.bring(bytes, 1, bytes.length);
          let start = 1;
          for (const [at, line] of lines.entries()) {
            const isRead = scanner.scan(bytes, start, start + line.length, columns, 0, strict);
            const near = isRead && shownBy(columns, 0);
            expect(near).toEqual(read(line, strict) && shownBy(columns, 1));
            start += line.length + (pieces[at * 2 + 1]?.length ?? 0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("are read where they lie when there are too many of them, and so are others", () => {
    const line = JSON.stringify(TICK);
    const bytes = Buffer.from(`${line}\n`.repeat(2000));
    scanner.bring(bytes, 0, bytes.length);
    const other = Buffer.from(line.replace('"e"', '"f"'));
    for (const [given, start, id] of [
      [bytes, 0, "e"],
      [other, 0, "f"],
      [bytes, bytes.length - line.length - 1, "e"],
    ] as const) {
      expect(scanner.scan(given, start, start + line.length, columns, 0, true)).toBe(true);
      expect(shownBy(columns, 0).texts.id).toBe(id);
    }
  });
});

describe("a long line", () => {
  it("is read whatever its length, with what is told of very many arguments", () => {
    const told = Array.from({ length: 60_000 }, (_, at) => [`a${at}`, at % 2 === 0 ? "output" : "request"]);
    const operation = { service: "s", name: "n", tier: 0, targets: { "a7.x": ["v"] } };
    const long = { ...TICK, kind: "api.called", agent: { id: "a" }, operation };
    const provenance = Object.fromEntries(told);
    const bytes = Buffer.from(JSON.stringify({ ...long, operation: { ...operation, provenance } }));
    // From outside each name is held against all others; so many are left to the schema.
    expect(read(bytes, true)).toBe(false);
    expect(read(bytes, false)).toBe(true);
    expect(shownBy(columns, 1)).toMatchObject({ origins: ["request"], texts: { id: "e" } });
    expect(read(Buffer.from(JSON.stringify(TICK)), true)).toBe(true);
  });
});

describe("the hash of a text", () => {
  const hashOf = (value: string, with_ = scanner) => Object.values(with_.hash(value)).join();

  it("is the same wherever the text stands, and however the line is read", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (value, strict) => {
        const line = {
          id: value,
          kind: "tick",
          time: "2026-03-02T09:00:00Z",
          tenant: "t",
          source: "s",
          workflow: "x",
          session: value,
        };
        const bytes = Buffer.from(JSON.stringify(line));
        fc.pre(read(bytes, strict));
        const view = new EventView(columns).move(1);
        for (const column of [TEXT.id, TEXT.session])
          expect(`${view.low(column)},${view.high(column)}`).toBe(hashOf(value));
      }),
      { numRuns: 500 },
    );
  });

  it("tells texts apart that differ in one character, in length, or in the order of their parts", () => {
    const texts = new Set<string>();
    for (let length = 1; length <= 40; length++) {
      for (const filling of ["a", "\u0001", "é"]) texts.add(filling.repeat(length));
      for (let at = 0; at < length; at++) texts.add(`${"a".repeat(at)}b${"a".repeat(length - at - 1)}`);
    }
    for (let number = 0; number < 20_000; number++) texts.add(`agent-${number}`).add(`${number}-agent`);
    expect(new Set([...texts].map((value) => hashOf(value))).size).toBe(texts.size);
  });

  it("tells texts apart whose differences no multiplication would spread", () => {
    const line = Buffer.from(JSON.stringify({ ...TICK, id: "x".repeat(64) }));
    const from = line.indexOf("xx");
    const hashes = new Set<string>();
    for (let choice = 0; choice < 256; choice++) {
      // The highest bit of any of the eight halves of 8 bytes.
      for (let half = 0; half < 8; half++) line[from + half * 8 + 7] = 120 | (((choice >> half) & 1) << 7);
      expect(read(line, false)).toBe(true);
      const view = new EventView(columns).move(1);
      hashes.add(`${view.low(TEXT.id)},${view.high(TEXT.id)}`);
    }
    expect(hashes.size).toBe(256);
  });

  it("depends on the key", () => {
    const other = new EventScanner(hashKey(Buffer.from("0123456789abcdeg")));
    expect(hashOf("agent-1", other)).not.toBe(hashOf("agent-1"));
    expect(hashOf("agent-1", new EventScanner(KEY))).toBe(hashOf("agent-1"));
  });
});

function mutate(line: Buffer, at: number, how: string, byte: string): Buffer {
  const place = at % line.length;
  const [before, after] = [line.subarray(0, place), line.subarray(place + 1)];
  if (how === "remove") return Buffer.concat([before, after]);
  if (how === "insert") return Buffer.concat([before, Buffer.from(byte), line.subarray(place)]);
  if (how === "replace") return Buffer.concat([before, Buffer.from(byte), after]);
  return Buffer.concat([before, after.subarray(0, 1), line.subarray(place, place + 1), after.subarray(1)]);
}
