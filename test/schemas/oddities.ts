/** Events with something odd about them, and odd ways to write JSON. */
import fc from "fast-check";
import { event, type Fields, type Json, plainEvent } from "./events.ts";

/** A sequence of choices that a seed gives: cheaper than a stream of the generator's, because nobody shrinks it. */
export function choices(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

const ODD: readonly Json[] = [
  null,
  true,
  -1,
  1.5,
  3,
  1e21,
  999,
  1000,
  2_147_483_648,
  4_294_967_296,
  "",
  " ",
  "n".repeat(257),
  "t".repeat(65),
  "\u0007",
  "\u007f",
  [],
  {},
  [[]],
  ["x"],
  { id: "x" },
  { "": [] },
  { a: [] },
  { "1": ["x"] },
  { constructor: ["x"] },
  Array(17).fill("x"),
  "1900-01-01T00:00:00Z",
  "2900-01-01T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "2100-02-29T00:00:00Z",
  "2026-01-01T24:00:00Z",
  "2026-01-01T00:60:00Z",
  "2026-01-01T23:59:60Z",
  "2026-13-01T00:00:00Z",
  "2026-03-02T09:00Z",
  "2026-01-01 00:00:00Z",
  "2026-01-01T00:00:00",
  "2026-01-01T00:00:00.1Z",
  "2026-01-01T00:00:00.12Z",
  "tick",
  "api.called",
  "k:xyz",
  "k:0123",
  ":0123456789abcdef",
];
const ODD_NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "extra",
  "",
  "agent",
  "token",
  "operation",
  "outcome",
  "change",
  "value",
  "ID",
  "hasOwnProperty",
];

/** An event with one thing wrong or odd about it, at any depth. */
export const oddEvent: fc.Arbitrary<Fields> = fc
  .tuple(fc.oneof(event, plainEvent), fc.nat(), fc.constantFrom(...ODD), fc.constantFrom(...ODD_NAMES))
  .map(([whole, seed, odd, oddName]) => spoil(structuredClone(whole), choices(seed), odd, oddName));

function spoil(whole: Fields, next: () => number, odd: Json, oddName: string): Fields {
  let at: Fields = whole;
  for (;;) {
    const names = Object.keys(at);
    const name = names[next() % (names.length + 1)];
    if (name === undefined) {
      Object.defineProperty(at, oddName, {
        value: odd,
        enumerable: true,
        writable: true,
        configurable: true,
      });
      return whole;
    }
    const inner = at[name];
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner) && next() % 3 > 0) {
      at = inner;
      continue;
    }
    if (next() % 4 === 0) delete at[name];
    else at[name] = odd;
    return whole;
  }
}

/** Writes JSON in any way that means the same: members in any order, blanks, rarely escapes or a member twice. */
export function writeOddly(value: Json, next: () => number): string {
  const blank = () => [" ", "\t", "\r", "  ", "", "", "", "", "", ""][next() % 10];
  // Hardly anybody writes one there, and the scanner leaves such lines to the schema.
  const beforeColon = () => (next() % 1000 === 0 ? " " : "");
  if (typeof value === "string")
    return next() % 150 === 0 && value !== "" ? escaped(value, next) : JSON.stringify(value);
  if (typeof value !== "object" || value === null)
    return next() % 50 === 0 && typeof value === "number" ? `${value}.0` : JSON.stringify(value);
  if (Array.isArray(value))
    return `[${value.map((one) => blank() + writeOddly(one, next) + blank()).join(",")}]`;
  const names = Object.keys(value);
  if (next() % 3 === 0)
    names.sort((a, b) => ((a.length * 7 + a.charCodeAt(0) + next()) % 5) - ((b.length * 7 + next()) % 5));
  if (next() % 100 === 0 && names[0] !== undefined) names.push(names[0]);
  const members = names.map(
    (name) =>
      `${blank()}${JSON.stringify(name)}${beforeColon()}:${blank()}${writeOddly(value[name] ?? null, next)}${blank()}`,
  );
  return `{${members.join(",")}}`;
}

function escaped(value: string, next: () => number): string {
  const at = next() % value.length;
  const code = value.charCodeAt(at).toString(16).padStart(4, "0");
  const [before, after] = [JSON.stringify(value.slice(0, at)), JSON.stringify(value.slice(at + 1))];
  return `${before.slice(0, -1)}\\u${code}${after.slice(1)}`;
}
