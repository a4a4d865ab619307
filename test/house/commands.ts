/** What is wrong with a command line of ours, as a document or a message shows it. */
import type { Command } from "commander";

/** Command lines that a text shows: behind a backtick, a prompt or `npx`, up to the end of the quotation or line. */
export function* shownIn(text: string): Generator<string> {
  const shown = /(?:`|\$ |npx |bin\/offgraph\.js |^\s+)(?:npx )?offgraph ((?:[a-z]|--)[^`\n\\#|;>]*)/gm;
  for (const [, line = ""] of text.matchAll(shown)) yield line.trim();
}

/** The first word or option that there is none of; undefined if all is well. What stands in capitals or in quotes is for the reader to fill in. */
export function unknownIn(line: string, all: Command): string | undefined {
  const [words, options] = [
    line.split(/\s+/),
    [...line.matchAll(/(?<=\s|^)--[a-z][a-z-]*/g)].map(([name]) => name),
  ];
  let command = all;
  for (const word of words) {
    if (command.commands.length === 0 || !/^[a-z][a-z-]*,?$/.test(word)) break;
    const inner = command.commands.find((one) => one.name() === word.replace(",", ""));
    if (inner === undefined) return word;
    command = inner;
  }
  const known = ["--help", ...command.options.map(({ long }) => long)];
  return options.find((name) => !known.includes(name));
}
