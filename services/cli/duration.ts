import { InvalidArgumentError } from "commander";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `1.5h`, `500ms`, `7d` in milliseconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError("expected a duration such as 30s, 15m or 1h");
  return Math.round(Number(amount) * (UNIT_MS[unit ?? "s"] ?? 1));
}

const PARTS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** Milliseconds as a person says them: `850 ms`, `12.3 s`, `4 m 10 s`, `1 h`, `1 d 12 h`. */
export function spoken(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  let rest = Math.round(ms / 1000) * 1000;
  const said: string[] = [];
  for (const [unit, size] of PARTS) {
    const count = Math.floor(rest / size);
    if (count > 0) said.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return said.slice(0, 2).join(" ");
}
