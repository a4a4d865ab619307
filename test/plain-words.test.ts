/** Nobody who uses the product reads a library's words. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Settings } from "../schemas/settings.ts";
import { EventInput } from "../services/ingest/event-input.ts";
import { faults } from "../services/plain-words.ts";

function said(schema: z.ZodType, input: unknown, ...place: string[]): string[] {
  const { error } = schema.safeParse(input);
  return error === undefined ? [] : faults(error, input, ...place);
}

describe("what a schema refuses", () => {
  it.each([
    [z.string(), 7, "record: expected text, got a number"],
    [z.object({ id: z.string() }), {}, "id: expected text, got nothing"],
    [z.object({ id: z.string() }), { id: null }, "id: expected text, got null"],
    [z.object({ id: z.string() }), [], "record: expected an object, got a list"],
    [z.string().min(1), "", "record: expected text that is not empty"],
    [z.string().max(2), "abc", "record: expected at most 2 characters"],
    [z.int(), 1.5, "record: expected a whole number, got a number"],
    [z.number().gt(0), 0, "record: expected more than 0"],
    [z.number().max(3), 4, "record: expected 3 or less"],
    [z.array(z.int()).min(1), [], "record: expected a list of at least 1"],
    [z.boolean(), "yes", "record: expected true or false, got text"],
    [z.iso.datetime(), "noon", "record: expected a time such as 2026-11-20T10:00:00Z"],
    [z.string().regex(/^a$/), "b", "record: expected text that matches /^a$/"],
    [z.string().regex(/^a$/, "must be an a"), "b", "record: must be an a"],
    [z.enum(["ok", "error"]), "fine", "record: expected one of ok, error"],
    [z.enum(["ok", "error"]), 7, "record: expected one of ok, error, got a number"],
    [z.strictObject({}), { a: 1 }, "record: expected nothing called a"],
    [z.record(z.string().regex(/^a$/, "must be an a"), z.int()), { b: 1 }, "b: must be an a"],
  ])("%# is told with the place and what was expected there", (schema, input, sentence) => {
    expect(said(schema, input)).toEqual([sentence]);
  });

  it("is told of the form that was meant, where there are several", () => {
    const schema = z.object({
      weights: z.union([z.literal("shipped"), z.strictObject({ version: z.int() })]),
    });
    expect(said(schema, { weights: { version: "1" } })).toEqual([
      "weights.version: expected a number, got text",
    ]);
    expect(said(schema, { weights: 5 })).toEqual(["weights: expected shipped or an object, got a number"]);
    expect(said(schema, { weights: "shipped" })).toEqual([]);
  });

  it("is told as a part of what it was a part of", () => {
    expect(said(z.object({ reason: z.string() }), {}, "body")).toEqual([
      "body.reason: expected text, got nothing",
    ]);
  });

  it("never holds a value that was given", () => {
    const event = { kind: "api.called", id: ["secret"], time: "secret", outcome: { result: "secret" } };
    expect(said(EventInput, event).join("; ")).not.toContain("secret");
  });

  it.each([
    ["an event", EventInput, { kind: "api.called", id: 7, time: 7, agent: 7, token: 7, operation: 7 }],
    ["an event of no kind", EventInput, { kind: "api.call" }],
    [
      "settings",
      Settings,
      { roles: ["x"], kafka: 7, http: { port: -1 }, sources: [{}], feeds: { webhooks: 7 } },
    ],
  ])("is told of %s without the words of the library", (_name, schema, input) => {
    const sentences = said(schema, input);
    expect(sentences).not.toEqual([]);
    for (const sentence of sentences)
      expect(sentence).toMatch(/^[^:]+: (?!.*(Invalid|received|Too |Unrecognized)).*(expected|must|needs) /);
  });
});
