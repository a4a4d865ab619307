/**
 * Files in the order in which they were named. `--source` and `--lateness` hold for the files after them; with no file
 * after them, for those before that have none. Commander cannot say that: it hands out the last value of an option and
 * all files together. So the arguments are walked once more.
 */
import { type Command, Option } from "commander";
import { duration } from "./duration.ts";

/** A file that was named, and the options that are meant for it. */
export interface FileInput {
  /** `-` is standard input. */
  readonly path: string;
  readonly source: string;
  readonly latenessMs: number;
}

/** All files that were named, in their order. */
export interface FileInputs {
  readonly files: readonly FileInput[];
  /** After --learn. */
  readonly learn: readonly FileInput[];
}

/** The option `--source`, whose place among the files counts. */
export const sourceOption = () =>
  new Option(
    "--source <name>",
    "format of the files after it, or before it if none comes after; `offgraph sources` lists them (default: offgraph)",
  );
/** The option `--lateness`, whose place among the files counts. */
export const latenessOption = () =>
  new Option(
    "--lateness <duration>",
    "how far the files after it may be out of order (default: 30s)",
  ).argParser(duration);

/** Reads the arguments behind the command's name. They have passed commander, so every option is known and has its value. */
export function placeFiles(args: readonly string[], command: Command): FileInputs {
  const named: Named[] = [];
  let source: string | undefined;
  let latenessMs: number | undefined;
  for (const { option, value } of walk(args, command.options)) {
    if (option === "--source") source = value;
    else if (option === "--lateness") latenessMs = duration(value);
    else if (option === undefined || option === "--learn")
      named.push({ path: value, source, latenessMs, learn: option !== undefined });
  }
  // After the walk both hold the last values given: what a file that has none may take.
  const complete = named.map((one) => ({
    ...one,
    source: one.source ?? trailing(named, "source", source) ?? "offgraph",
    latenessMs: one.latenessMs ?? trailing(named, "latenessMs", latenessMs) ?? 30_000,
  }));
  const chosen = (learn: boolean) =>
    complete
      .filter((one) => one.learn === learn)
      .map(({ path, source, latenessMs }) => ({ path, source, latenessMs }));
  return { files: chosen(false), learn: chosen(true) };
}

interface Named {
  readonly path: string;
  readonly source: string | undefined;
  readonly latenessMs: number | undefined;
  readonly learn: boolean;
}

/** The value of an option that no file comes after. */
function trailing<Name extends "source" | "latenessMs">(
  named: readonly Named[],
  name: Name,
  last: Named[Name],
): Named[Name] {
  return named.at(-1)?.[name] === last ? undefined : last;
}

function* walk(
  args: readonly string[],
  options: readonly Option[],
): Generator<{ option: string | undefined; value: string }> {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  for (let at = 0; at < end; at++) {
    const word = args[at] ?? "";
    const [name = "", inline] = splitOnce(word);
    const option = word.startsWith("--") ? options.find(({ long }) => long === name) : undefined;
    if (!word.startsWith("--")) yield { option: undefined, value: word };
    else if (option?.required) yield { option: name, value: inline ?? args[++at] ?? "" };
  }
  for (const value of args.slice(end + 1)) yield { option: undefined, value };
}

function splitOnce(word: string): [string, string?] {
  const at = word.indexOf("=");
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}
