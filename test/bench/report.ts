/** How figures are shown. */
import { availableParallelism, cpus } from "node:os";
import type { Figure } from "./case.ts";

/** The figures for scripts. */
export function jsonOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, ratio, against, runs }) => ({
    name,
    value,
    unit,
    ratio,
    against,
    runs,
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

/** The figures for people: median, spread, ratio and what is to be reached. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = [
    ["name", "median", "min", "max", "unit", "ratio", "against", "target"],
    ...figures.map(rowOf),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number) => column === 0 || column === 4 || column > 5;
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    ),
  );
  const machine = `Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? "unknown processor"}`;
  return `${machine}\n\n${lines.map((cells) => cells.join("  ").trimEnd()).join("\n")}\n`;
}

function rowOf({ name, value, unit, ratio, against, runs, target }: Figure): string[] {
  const range = [Math.min(...runs), Math.max(...runs)].map(shown);
  return [name, shown(value), ...range, unit, ratio?.toFixed(2) ?? "", against ?? "", target ?? ""];
}

/** Three or more digits, none of them noise. */
function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, digits === 0 ? "," : "");
}
