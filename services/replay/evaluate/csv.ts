/** The scores of sessions as comma-separated values (RFC 4180). */
import type { ScoreLine } from "./outcome.ts";

/** A line of titles and one for each session. */
export function csvOf(lines: Iterable<ScoreLine>, rates: readonly string[]): string {
  const titles = ["id", "agent", "workflow", "version", "calls", "score"];
  const rows = [[...titles, ...rates.map((rate) => `firstAlertIndex at ${rate}`)]];
  for (const { id, agent, workflow, version, calls, score, firstAlertIndex } of lines) {
    const texts = [id, agent, workflow ?? "", version ?? ""].map(harmless);
    rows.push([
      ...texts,
      String(calls),
      String(score),
      ...rates.map((rate) => String(firstAlertIndex[rate] ?? "")),
    ]);
  }
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** Spreadsheets take text that begins so for a formula; an apostrophe makes it text (OWASP, CSV injection). */
const harmless = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
