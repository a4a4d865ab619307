/** Source files as text and syntax tree, for the rules of the house. */
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { type Comment, parseSync } from "oxc-parser";

/** A node of the syntax tree (ESTree with TypeScript's additions). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Source {
  /** From the top of the repository. */
  readonly path: string;
  readonly text: string;
  readonly program: Node;
  readonly comments: readonly Comment[];
}

/** Says what is wrong, a line each; empty if nothing is. */
export type Rule = (source: Source) => readonly string[];

export function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path}: ${error.message}`);
  return { path, text, program: program as unknown as Node, comments };
}

/** Every TypeScript file below a folder. */
export function sourcesIn(...folders: readonly string[]): readonly Source[] {
  return folders.flatMap((folder) =>
    globSync(`${folder}/**/*.ts`).map((path) => parse(path, readFileSync(path, "utf8"))),
  );
}

/** A complaint that names the place. */
export function at({ path, text }: Source, offset: number, complaint: string): string {
  return `${path}:${lineAt(text, offset)}: ${complaint}`;
}

/** Number of the line, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let from = text.indexOf("\n"); from >= 0 && from < offset; from = text.indexOf("\n", from + 1)) line++;
  return line;
}

/** A node and everything in it, in reading order, each with its parents, nearest first. */
export function* nodesOf(node: Node, parents: readonly Node[] = []): Generator<[Node, readonly Node[]]> {
  yield [node, parents];
  const inside = [node, ...parents];
  for (const value of Object.values(node)) {
    for (const inner of Array.isArray(value) ? value : [value])
      if (isNode(inner)) yield* nodesOf(inner, inside);
  }
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Name of an identifier; undefined for anything else. */
export const nameOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === "Identifier" ? String(node.name) : undefined;

/** What a file imports or exports from elsewhere: a path from the top, `npm:<package>` or `node:<module>`, with its offset. */
export function importsOf({ path, program }: Source): [target: string, offset: number][] {
  const found: [string, number][] = [];
  for (const [node] of nodesOf(program)) {
    if (!/^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/.test(node.type))
      continue;
    const { source } = node;
    if (isNode(source) && typeof source.value === "string")
      found.push([targetOf(path, source.value), node.start]);
  }
  return found;
}

function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(path), specifier);
  if (specifier.startsWith("node:")) return specifier;
  return `npm:${specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")}`;
}

/** What a file declares and exports: its name and the declaration, without re-exports. */
export function* exportsOf({ program }: Source): Generator<[name: string, node: Node]> {
  for (const statement of program.body as readonly Node[]) {
    const { declaration } = statement;
    if (statement.type !== "ExportNamedDeclaration" || !isNode(declaration)) continue;
    const declared = (declaration.declarations as readonly Node[] | undefined) ?? [declaration];
    for (const { id } of declared) {
      const name = nameOf(id);
      if (name !== undefined) yield [name, statement];
    }
  }
}
