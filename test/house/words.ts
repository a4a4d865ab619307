/** Names, documentation, and what may not be left lying about. */
import { at, exportsOf, isNode, type Node, nameOf, nodesOf, type Rule, type Source } from "./source.ts";

/** Words that say nothing (glossary of the house). Whole words only: `decode` and `metadata` are fine. */
const EMPTY_WORDS = new Set(
  "manager helper helpers util utils utility base data info impl common shared misc stuff bot whitelist blacklist".split(
    " ",
  ),
);

/** Exported names and file names say what a thing is. */
export const namesSaySomething: Rule = (source) => {
  const file = source.path.slice(source.path.lastIndexOf("/") + 1).replace(/\.ts$/, "");
  const names = [
    [file, 0] as const,
    ...[...exportsOf(source)].map(([name, { start }]) => [name, start] as const),
  ];
  return names.flatMap(([name, start]) => {
    const word = wordsOf(name).find((one) => EMPTY_WORDS.has(one));
    return word === undefined ? [] : [at(source, start, `${name}: "${word}" says nothing`)];
  });
};

/**
 * A noun means one thing: an exported type or class has its name to itself, so that a stranger who searches for it finds one
 * place. A schema and the type that is inferred from it share theirs.
 */
export function nounsMeanOneThing(sources: readonly Source[]): readonly string[] {
  const first = new Map<string, string>();
  return sources.flatMap((source) =>
    [...exportsOf(source)].flatMap(([name, { start }]) => {
      if (!/^[A-Z][a-z]/.test(name)) return [];
      const home = first.get(name) ?? source.path;
      first.set(name, home);
      return home === source.path ? [] : [at(source, start, `${name} is something else in ${home}`)];
    }),
  );
}

/** `readHTTPBody`, `read-body` and `READ_BODY` in words. */
const wordsOf = (name: string) =>
  name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());

/**
 * Every export has a doc comment. A type and a value of one name share it; lines that follow without a gap share it;
 * what is named like its file is described by the comment at the top, and an instrument by its description.
 */
export const exportsAreDocumented: Rule = (source) => {
  const exported = [...exportsOf(source)];
  const documented = new Set(documentedNames(source, exported));
  const missing = new Map(exported.filter(([name]) => !documented.has(name)));
  return [...missing].map(([name, { start }]) => at(source, start, `${name} has no doc comment`));
};

function* documentedNames(source: Source, exported: readonly [string, Node][]): Generator<string> {
  const { path, text, comments } = source;
  const docs = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
  const file = wordsOf(path.slice(path.lastIndexOf("/") + 1, -".ts".length)).join("");
  const isGap = (from: number, to: number, gap: RegExp) => from <= to && gap.test(text.slice(from, to));
  let covered = -1;
  for (const [name, node] of exported) {
    const { start, end } = node;
    const isNamedLikeFile = name.toLowerCase() === file && docs[0]?.start === 0;
    const isCovered =
      docs.some((doc) => isGap(doc.end, start, /^\s*$/)) || (covered >= 0 && isGap(covered, start, /^\n?$/));
    if (isCovered) covered = end;
    if (isCovered || isNamedLikeFile || isInstrument(node)) yield name;
  }
}

/** A metric that is made with a description, which is printed in the table of metrics. */
function isInstrument(exported: Node): boolean {
  const nodes = [...nodesOf(exported)].map(([node]) => node);
  const makes = ({ type, callee }: Node) =>
    type === "CallExpression" &&
    isNode(callee) &&
    /^create(Observable)?(Counter|UpDownCounter|Gauge|Histogram)$/.test(nameOf(callee.property) ?? "");
  return nodes.some(makes) && nodes.some(({ key }) => nameOf(key) === "description");
}

/** Nothing switched off and nothing put off. */
export const nothingIsLeft: Rule = (source) =>
  source.comments.flatMap(({ value, start }) => {
    const found =
      /\b(TODO|FIXME|XXX|HACK)\b|biome-ignore|@ts-(ignore|expect-error|nocheck)|(es|ox)lint-disable/.exec(
        value,
      );
    return found === null ? [] : [at(source, start, `${found[0]} in a comment`)];
  });

/** No `any`. */
export const nothingIsAny: Rule = (source) =>
  [...nodesOf(source.program)]
    .filter(([{ type }]) => type === "TSAnyKeyword")
    .map(([{ start }]) => at(source, start, "any"));

/** Only one file reads the environment. */
export const environmentIsUnread: Rule = (source) =>
  [...nodesOf(source.program)]
    .filter(
      ([node]) =>
        node.type === "MemberExpression" &&
        nameOf(node.object) === "process" &&
        nameOf(node.property) === "env",
    )
    .map(([{ start }]) => at(source, start, "process.env is read by services/settings/config.ts alone"));

/** No test is left out. `runIf` remains, for what a machine may not have. */
export const testsAreRun: Rule = (source) =>
  [...nodesOf(source.program)]
    .filter(
      ([{ type, object, property }]) =>
        type === "MemberExpression" &&
        /^(it|test|describe)$/.test(rootOf(object) ?? "") &&
        /^(skip|only|todo|skipIf|fails)$/.test(nameOf(property) ?? ""),
    )
    .map(([{ start, property }]) => at(source, start, `${nameOf(property)}: every test runs`));

/** `it` of `it.concurrent.skip`. */
function rootOf(node: unknown): string | undefined {
  return isNode(node) && node.type === "MemberExpression" ? rootOf(node.object) : nameOf(node);
}

/** Tests wait for what happens, never for time to pass; `setImmediate` only lets others have their turn. */
export const testsDoNotSleep: Rule = (source) => {
  const clocks = realClocks(source);
  const sleeps = ({ type, imported, callee }: Node) =>
    type === "ImportSpecifier"
      ? /^(setTimeout|setInterval|scheduler)$/.test(nameOf(imported) ?? "")
      : type === "CallExpression" && (nameOf(callee) === "setTimeout" || isSleepOf(clocks, callee));
  return [...nodesOf(source.program)]
    .filter(([node]) => sleeps(node))
    .map(([{ start }]) => at(source, start, "sleeps"));
};

/** What the clock of the machine is called in a file; the other clocks go as a test wants. */
const realClocks = ({ program }: Source) =>
  new Set(
    [...nodesOf(program)]
      .filter(
        ([node, [parent]]) =>
          node.type === "ImportSpecifier" &&
          isNode(parent) &&
          isNode(parent.source) &&
          `${parent.source.value}`.endsWith("services/adapters/clock.ts"),
      )
      .map(([{ local }]) => nameOf(local)),
  );

const isSleepOf = (clocks: ReadonlySet<string | undefined>, callee: unknown) =>
  isNode(callee) &&
  callee.type === "MemberExpression" &&
  nameOf(callee.property) === "sleep" &&
  clocks.has(nameOf(callee.object));
