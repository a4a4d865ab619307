/** Reading a foreign record against the schema of what a source reads of it. */
import type { z } from "zod";
import type { Converted } from "../source.ts";

type Refused = NonNullable<Converted["refused"]>;

/** The value of a record, or why it was refused: the path of the first field that does not fit, and what was expected. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  record: unknown,
): { readonly value: z.output<Schema> } | { readonly refused: Refused } {
  const result = schema.safeParse(record);
  if (result.success) return { value: result.data };
  const issue = result.error.issues[0];
  const path = issue?.path.map(String).join(".") || "the record";
  return { refused: { code: "invalid-event", message: `${path}: ${issue?.message ?? "does not fit"}` } };
}

/** The answer to a record that is not of the kind that a source reads. */
export function unknownRecord(message: string): Converted {
  return { events: [], refused: { code: "unknown-record", message } };
}

/** Whether a JSON value is an object, so that its fields can be asked for. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
