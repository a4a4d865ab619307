/** What people see: plain text, colour only where the terminal wants it (NO_COLOR, not a terminal: none). */
import { stripVTControlCharacters, styleText } from "node:util";
import type { Severity } from "../../schemas/ids.ts";

type Style = Parameters<typeof styleText>[0];

const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = {
  informational: "dim",
  low: "cyan",
  medium: "yellow",
  high: ["bold", "red"],
  critical: ["bold", "white", "bgRed"],
};

/** Writes a line to standard output. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line to standard error: whatever is not the result itself. */
export function tell(line = ""): void {
  process.stderr.write(`${line}\n`);
}

/** Text in a style, where the terminal shows styles. */
export const style = (format: Style, text: string): string =>
  styleText(format, text, { stream: process.stdout });
export const bold = (text: string): string => style("bold", text);
export const dim = (text: string): string => style("dim", text);
export const severe = (severity: Severity, text: string = severity): string =>
  style(SEVERITY_STYLE[severity], text);

/** Text from outside, with control and direction characters made visible, so that it cannot steer a terminal. */
export function safe(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}

/** A number with what it counts: `1 finding`, `2,000 findings`. */
export const shownCount = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

const GAP = "  ";
/** No column of words is made narrower than this. */
const MIN_WIDTH = 8;

/** Characters of a line on the terminal; as many as are wanted where there is none. */
const terminalWidth = () => (process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY);

/**
 * Columns side by side, under a line of titles; numbers to the right. Cells may be coloured. Where a line would be longer
 * than `most` characters, words are cut short, but never a number or a time.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  most = terminalWidth(),
): string {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)),
  );
  const columns = titles.map((title, at) => [title, ...cells.map((row) => row[at] ?? "")]);
  const widths = fitted(columns, most);
  const isNumber = titles.map((_, at) => typeof rows[0]?.[at] === "number");
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => pad(cut(cell, widths[at] ?? 0), widths[at] ?? 0, isNumber[at] ?? false))
      .join(GAP)
      .trimEnd();
  return [dim(line(titles)), ...cells.map(line)].join("\n");
}

/** How wide each column is; columns of words give way from the right, because a name stands on the left. */
function fitted(columns: readonly (readonly string[])[], most: number): number[] {
  const widths = columns.map((cells) => Math.max(...cells.map(widthOf)));
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - most;
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    const width = widths[at] ?? 0;
    if (columns[at]?.slice(1).every(isRigid) || width <= MIN_WIDTH) continue;
    const narrower = Math.max(MIN_WIDTH, width - excess);
    widths[at] = narrower;
    excess -= width - narrower;
  }
  return widths;
}

/** Part of a number or a time would be another one. */
const isRigid = (cell: string) => /^[\d:, -]*$/.test(cell);

/** Text broken into lines at spaces, each behind the indent. */
export function wrap(text: string, indent = ""): string {
  const width = Math.max(40, Math.min(process.stdout.columns ?? 100, 110)) - indent.length;
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => indent + line).join("\n");
}

const widthOf = (text: string) => stripVTControlCharacters(text).length;

/** A coloured cell is never longer than its column: colours are for words that are known. */
const cut = (cell: string, width: number) =>
  widthOf(cell) <= width ? cell : `${stripVTControlCharacters(cell).slice(0, Math.max(0, width - 1))}…`;

function pad(cell: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return right ? space + cell : cell + space;
}
