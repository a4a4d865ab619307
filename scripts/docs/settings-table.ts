/** Settings as a table, read from a zod schema: dotted name, default, range and meaning. */
import { z } from "zod";
import { table } from "./table.ts";

/** What we read of JSON Schema. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
}

/** One setting. */
interface SettingRow {
  /** Dotted, fields of lists as `list[].field`. */
  readonly path: string;
  readonly standard: string;
  readonly values: string;
  readonly meaning: string;
}

/** Every setting of a schema, as a table. */
export function settingsTable(schema: z.ZodType): string {
  const rows = settingsRows(schema).map(({ path, standard, values, meaning }) => [
    `\`${path}\``,
    standard,
    values,
    meaning,
  ]);
  return table(["setting", "default", "values", "meaning"], rows);
}

/** Every setting of a schema, in its order. */
export function settingsRows(schema: z.ZodType): SettingRow[] {
  return [...rowsOf("", z.toJSONSchema(schema, { io: "input" }) as Node)];
}

function* rowsOf(above: string, node: Node): Generator<SettingRow> {
  for (const [name, inner] of Object.entries(node.properties ?? {})) {
    const path = above === "" ? name : `${above}.${name}`;
    const row = {
      path,
      standard: defaultOf(inner),
      values: valuesOf(inner),
      meaning: inner.description ?? "",
    };
    if (!inner.properties) yield row;
    yield* rowsOf(path, inner);
    if (inner.items) yield* rowsOf(`${path}[]`, inner.items);
  }
}

/** A default of several parts is better read in `offgraph config print`. */
function defaultOf(node: Node): string {
  if (node.default === undefined) return "–";
  const text = JSON.stringify(node.default);
  return text.length > 40 ? "see `offgraph config print`" : `\`${text}\``;
}

function valuesOf(node: Node): string {
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(", ");
  if (node.minimum === undefined && node.maximum === undefined) return node.type ?? "any";
  const most =
    node.maximum === undefined || node.maximum === Number.MAX_SAFE_INTEGER ? undefined : node.maximum;
  const least = node.minimum ?? "any";
  return most === undefined ? `${node.type} from ${least}` : `${node.type} from ${least} to ${most}`;
}
