/** Sizes that a reader can hold in the head. A longer one says why: "This file is long because ..." */
import { at, isNode, lineAt, type Node, nameOf, nodesOf, type Rule, type Source } from "./source.ts";

const FILE_LINES = 250;
const FUNCTION_LINES = 50;
const EXCUSE = /\blong because\b/i;

/** At most 250 lines, unless the first comment says why. */
export const fileIsShort: Rule = ({ path, text, comments }) => {
  const lines = text.split("\n").length - 1;
  if (lines <= FILE_LINES || EXCUSE.test(plain(comments[0]?.value))) return [];
  return [`${path}: ${lines} lines, more than ${FILE_LINES}`];
};

/**
 * Declarations, methods, and functions bound to a name: at most 50 lines with all that is nested in them, unless the
 * comment in front says why.
 */
export const functionsAreShort: Rule = (source) =>
  namedFunctions(source)
    .filter(
      ({ lines, node }) => lines > FUNCTION_LINES && !EXCUSE.test(plain(commentBefore(source, node.start))),
    )
    .map(({ name, lines, node }) =>
      at(source, node.start, `${name} has ${lines} lines, more than ${FUNCTION_LINES}`),
    );

/** Every function that has a name, with its lines. */
export function namedFunctions(source: Source): { name: string; lines: number; node: Node }[] {
  return [...nodesOf(source.program)].flatMap(([node, [parent]]) => {
    const name = isFunction(node) ? functionName(node, parent) : undefined;
    if (name === undefined) return [];
    return [{ name, lines: lineAt(source.text, node.end) - lineAt(source.text, node.start) + 1, node }];
  });
}

const isFunction = (node: Node) =>
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) && isNode(node.body);

function functionName(node: Node, parent: Node | undefined): string | undefined {
  return nameOf(node.id) ?? nameOf(parent?.id) ?? nameOf(parent?.key);
}

/** The comment that ends where only space and `export` stand before the offset. */
export function commentBefore({ text, comments }: Source, offset: number): string | undefined {
  return comments.findLast(
    ({ end }) => end <= offset && /^\s*(export\s+)?(async\s+)?$/.test(text.slice(end, offset)),
  )?.value;
}

/** A comment's words without the stars at the beginnings of lines. */
const plain = (comment = "") => comment.replace(/\s+(\*\s+)?/g, " ");
