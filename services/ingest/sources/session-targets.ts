/** What a recorded tool call acted on, from its arguments; content and secrets are left out. */
import { MAX_TARGETS } from "../../../schemas/operation.ts";
import { isObject } from "./parse.ts";

/** Longer values are content, not identifiers. */
const LONGEST_VALUE = 120;
const SECRET_NAME =
  /^pass$|pass(wor|wd|code|phrase)|(^|[^a-z])(pwd|otp|pin)([^a-z]|$)|secret|credential|token|api_?key|private_?key/i;
/** Text that speaks of a password (`Your OTP is 123456`, `?password=...`) may hold it; a path of that name does not. */
const SPEAKS_OF_SECRET = /^(?=.*[\s=]).*(pass(wor|code|phrase)|one.time|\botp\b|-----BEGIN)/is;

/** An argument's name as the schema allows it: `File Id` becomes `File_Id`. Undefined if nothing is left. */
export function fieldName(name: string): string | undefined {
  const field = name.replace(/^[^A-Za-z]+/, "").replace(/[^A-Za-z0-9_.-]/g, "_");
  return field.slice(0, 64) || undefined;
}

/** Text that holds a JSON object or list, read; anything else as it is. Models often write an argument this way. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A web form comes as two lists, names and values; paired, the name of a field tells a password from an address. */
function withFormFields(args: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { input_ids: names, input_values: values, ...others } = args;
  if (names === undefined && values === undefined) return args;
  if (!Array.isArray(names) || !Array.isArray(values) || names.length !== values.length) return others;
  return { ...others, ...Object.fromEntries(names.map((name, index) => [String(name), values[index]])) };
}

function isTarget(text: string): boolean {
  return text !== "" && text.length <= LONGEST_VALUE && !/\p{Cc}/u.test(text) && !SPEAKS_OF_SECRET.test(text);
}

/** Every identifier in a value, with its field: lists one level deep, objects one level deep as `field.key`. */
function* identifiersIn(name: string, value: unknown, nested = false): Generator<readonly [string, string]> {
  const field = fieldName(name);
  if (field === undefined || SECRET_NAME.test(name)) return;
  const inner = unwrapped(value);
  if (typeof inner === "string" || typeof inner === "number") {
    if (isTarget(String(inner))) yield [field, String(inner)];
  } else if (Array.isArray(inner)) {
    for (const element of inner) if (!Array.isArray(element)) yield* identifiersIn(name, element, nested);
  } else if (isObject(inner) && !nested) {
    for (const [key, below] of Object.entries(inner)) yield* identifiersIn(`${name}.${key}`, below, true);
  }
}

/** The first 16 different values of a call's arguments, by field; undefined if there are none. */
export function targetsOf(
  args: Readonly<Record<string, unknown>> | null,
): Record<string, string[]> | undefined {
  const targets = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of Object.entries(withFormFields(args ?? {}))) {
    for (const [field, text] of identifiersIn(name, value)) {
      const values = targets.get(field) ?? [];
      if (values.includes(text)) continue;
      if (count++ === MAX_TARGETS) return Object.fromEntries(targets);
      targets.set(field, [...values, text]);
    }
  }
  return count > 0 ? Object.fromEntries(targets) : undefined;
}
