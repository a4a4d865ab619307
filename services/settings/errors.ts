/** Says what is wrong with a setting: the place, what was expected, what stood there, and the name that was meant. */
import type { Document, LineCounter } from "yaml";
import { isMap, isNode, isScalar } from "yaml";
import { z } from "zod";
import { closest } from "../closest.ts";
import { expectation, type FieldPath, meant, valueAt } from "../plain-words.ts";

/** Where settings come from: the file, and what the environment or the command line put in its place. */
export interface SettingSources {
  readonly file: string;
  readonly document: Document | undefined;
  readonly lines: LineCounter;
  /** Name of the variable or option by dotted path, such as `http.port` → `OFFGRAPH_HTTP_PORT`. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** One line for each thing that is wrong: `offgraph.yaml:3: http.port: expected number, got "seventy"`. */
export function complaints(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  origins: SettingSources,
  namesAt: (path: FieldPath) => readonly string[],
): string[] {
  return meant(issues).flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => unknownName([...issue.path, key], origins, namesAt(issue.path)));
    const where = describePlace(issue.path, origins);
    // What several settings together are not may hold a secret in the wrong place.
    if (issue.code === "custom") return [`${where}: ${issue.message}`];
    return [`${where}: ${expectation(issue)}, got ${shown(issue.path, valueAt(input, issue.path))}`];
  });
}

/** The line for a name that no setting has. */
export function unknownName(path: FieldPath, origins: SettingSources, known: readonly string[]): string {
  return `${describePlace(path, origins)}: no setting has this name; ${hint(String(path.at(-1)), known)}`;
}

/** The line for a value that names something that is not there. */
export function unknownValue(
  path: FieldPath,
  value: string,
  noun: string,
  origins: SettingSources,
  known: readonly string[],
): string {
  return `${describePlace(path, origins)}: no ${noun} is called ${JSON.stringify(value)}; ${hint(value, known)}`;
}

function hint(name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  return meant === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${meant}?`;
}

/** Where a setting stands: the file with its line, or the variable or option that took its place. */
export function describePlace(path: FieldPath, origins: SettingSources): string {
  const name = path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
  const override = origins.overrides.get(name);
  if (override !== undefined) return `${override} (${name})`;
  const line = lineOf(path, origins);
  return [line === undefined ? origins.file : `${origins.file}:${line}`, name || "all of it"].join(": ");
}

/** Line of the setting, or of the nearest setting around it when it is missing. */
function lineOf(path: FieldPath, { document, lines }: SettingSources): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const key = path[depth - 1];
    const around = depth === 1 ? document?.contents : document?.getIn(path.slice(0, depth - 1), true);
    const pair = isMap(around)
      ? around.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    const node = pair === undefined ? document?.getIn(path.slice(0, depth), true) : pair.key;
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** A pasted secret must not end up on a screen, so these are described and not shown, and so is what may name a user with his password. */
const HIDDEN = /^(sha256|url|secret.*|token.*)$/i;
const MAY_NAME_A_USER = /@/;

/** A value as a message may show it. */
export function shown(path: FieldPath, value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  if (HIDDEN.test(String(path.at(-1))) || MAY_NAME_A_USER.test(text))
    return `${typeof value === "string" ? "text" : typeof value} of ${text.length} characters`;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** Names that a schema knows at a path. */
export function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const whole = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as Shape;
  const inner = path.reduce<Shape | undefined>(
    (shape, key) => (typeof key === "number" ? shape?.items : formOf(shape)?.properties?.[String(key)]),
    whole,
  );
  return Object.keys(formOf(inner)?.properties ?? {});
}

/** Of several forms the one that has names. */
const formOf = (shape: Shape | undefined) => shape?.anyOf?.find(({ properties }) => properties) ?? shape;
