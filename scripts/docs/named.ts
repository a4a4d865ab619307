/** Gives the shared parts of a printed JSON Schema names that a person can read. */

export type SchemaNode = { [key: string]: unknown };

const PREFIX = "#/$defs/";

/** The same schema with each `$defs` entry named for the field it is first used by; `time`, `time2` where names meet. */
export function named(schema: SchemaNode): SchemaNode {
  const names = new Map<string, string>();
  note(schema, "part", names);
  return rename(schema, names) as SchemaNode;
}

/** Walks in reading order and takes down, for each reference, the nearest name of a field above it. */
function note(node: unknown, field: string, names: Map<string, string>): void {
  if (typeof node !== "object" || node === null) return;
  for (const [key, inner] of Object.entries(node)) {
    if (key === "$ref" && typeof inner === "string") take(inner.slice(PREFIX.length), field, names);
    else if (key === "properties") for (const [name, part] of Object.entries(inner)) note(part, name, names);
    else note(inner, field, names);
  }
}

function take(old: string, field: string, names: Map<string, string>): void {
  if (names.has(old)) return;
  const taken = new Set(names.values());
  let name = field;
  for (let number = 2; taken.has(name); number++) name = `${field}${number}`;
  names.set(old, name);
}

function rename(node: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(node)) return node.map((item) => rename(item, names));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, inner]) => {
      if (key === "$ref") return [key, PREFIX + names.get(String(inner).slice(PREFIX.length))];
      return [names.get(key) ?? key, rename(inner, names)];
    }),
  );
}
