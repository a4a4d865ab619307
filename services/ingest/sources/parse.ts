/** Reading a foreign record against the schema of what a source reads of it. */
import type { z } from "zod";
import { problems } from "../event-input.ts";
import type { Converted } from "../source.ts";

type Refused = NonNullable<Converted["refused"]>;

/** The value of a record, or why it was refused: which fields do not fit, and what was expected there. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  record: unknown,
): { readonly value: z.output<Schema> } | { readonly refused: Refused } {
  const { data, error } = schema.safeParse(record);
  return error ? { refused: { code: "invalid-event", message: problems(error, record) } } : { value: data };
}

/** The answer to a record that is not of the kind that a source reads. */
export function unknownRecord(message: string): Converted {
  return { events: [], refused: { code: "unknown-record", message } };
}

/** Whether a JSON value is an object, so that its fields can be asked for. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
