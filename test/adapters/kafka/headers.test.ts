/** Headers where they lie: found by name, and nothing where there are none or they make no sense. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { headerAt } from "../../../services/adapters/kafka/headers.ts";

/** A number as records hold it. */
function varint(number: number): Buffer {
  const bytes: number[] = [];
  let rest = number < 0 ? -2 * number - 1 : 2 * number;
  for (; rest > 0x7f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
const piece = (text: string | null) =>
  text === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);
const written = (headers: readonly (readonly [string, string | null])[]) =>
  Buffer.concat([varint(headers.length), ...headers.flatMap(([name, value]) => [piece(name), piece(value)])]);

it("are found by their names, the last of several, and only among those of the record", () => {
  const header = fc.tuple(
    fc.constantFrom("a", "b", "tenant"),
    fc.option(fc.string({ maxLength: 200, unit: "grapheme" })),
  );
  fc.assert(
    fc.property(fc.array(header, { maxLength: 5 }), fc.string(), (headers, value) => {
      const bytes = Buffer.concat([Buffer.from(value), written(headers), written([["c", "of the next"]])]);
      const at = Buffer.byteLength(value);
      for (const name of ["a", "b", "tenant"])
        expect(headerAt(bytes, at, name)).toBe(headers.findLast(([own]) => own === name)?.[1] ?? undefined);
      expect(headerAt(bytes, at, "c")).toBeUndefined();
    }),
    { seed: 20_260_101 },
  );
});

it("are none where they make no sense, and nothing fails", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(headerAt(Buffer.from(bytes), 0, "a name that is not there")).toBeUndefined();
    }),
    { seed: 20_260_101 },
  );
  const cutShort = Buffer.concat([varint(1_000_000), piece("a"), piece("b")]);
  expect(headerAt(cutShort, 0, "a")).toBe("b");
});
