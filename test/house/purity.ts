/** What judgement may not touch: clock, chance, anything asynchronous, and functions that differ from one machine to another. */
import { at, isNode, type Node, nameOf, nodesOf, type Rule } from "./source.ts";

/** The functions of Math whose result IEEE 754 or ECMAScript fixes to the last bit, and constants. */
const EXACT = /^(abs|ceil|clz32|floor|fround|imul|max|min|round|sign|sqrt|trunc|[A-Z]+[A-Z0-9_]*)$/;
const GLOBALS =
  /^(setTimeout|setInterval|setImmediate|queueMicrotask|fetch|performance|crypto|process|globalThis|Intl)$/;

/** Rows, event and settings alone decide; and bit-equal replay is a promise. */
export const isPure: Rule = (source) =>
  [...nodesOf(source.program)].flatMap(([node, parents]) => {
    const found = impurity(node, parents);
    return found === undefined ? [] : [at(source, node.start, `${found} is not pure`)];
  });

function impurity(node: Node, parents: readonly Node[]): string | undefined {
  if (node.type === "AwaitExpression") return "await";
  if (node.async === true) return "async";
  if (node.type === "NewExpression" && nameOf(node.callee) === "Date") return dateWithoutTime(node, parents);
  if (node.type === "MemberExpression") return memberOf(nameOf(node.object), nameOf(node.property));
  const name = nameOf(node);
  return name !== undefined && GLOBALS.test(name) && !isMemberName(node, parents[0]) ? name : undefined;
}

function memberOf(object: string | undefined, property = ""): string | undefined {
  if (object === "Math" && !EXACT.test(property)) return `Math.${property}`;
  return object === "Date" && property === "now" ? "Date.now" : undefined;
}

/** Only `new Date(timeMs).toISOString()`: everything else of a date depends on the machine. */
function dateWithoutTime(node: Node, [parent]: readonly Node[]): string | undefined {
  const given = Array.isArray(node.arguments) && node.arguments.length === 1;
  const printed = parent?.type === "MemberExpression" && nameOf(parent.property) === "toISOString";
  return given && printed ? undefined : "new Date without a time and toISOString";
}

/** `row.process` is no global. */
function isMemberName(node: Node, parent: Node | undefined): boolean {
  return isNode(parent) && (parent.property === node || parent.key === node) && parent.computed !== true;
}
