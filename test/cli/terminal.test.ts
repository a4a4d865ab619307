import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { safe, severe, shownCount, table, wrap } from "../../services/cli/terminal.ts";

describe("what is counted", () => {
  it("is one or many", () => {
    expect([0, 1, 2000].map((count) => shownCount(count, "finding"))).toEqual([
      "0 findings",
      "1 finding",
      "2,000 findings",
    ]);
    expect([1, 2].map((count) => shownCount(count, "entry", "entries"))).toEqual(["1 entry", "2 entries"]);
  });
});

describe("text from outside", () => {
  it("cannot steer the terminal", () => {
    expect(safe("a\u001b[2Jb\nc\u202ed\u0007")).toBe("a\\u{1b}[2Jb\\u{a}c\\u{202e}d\\u{7}");
    expect(safe("Zürich → 東京")).toBe("Zürich → 東京");
  });
});

describe("a table", () => {
  it("lines up words to the left and numbers to the right", () => {
    const lines = table(
      ["name", "count"],
      [
        ["a", 12_345],
        ["long name", 7],
      ],
    ).split("\n");
    expect(lines.slice(1)).toEqual(["a          12,345", "long name       7"]);
    expect(lines[0]).toContain("name        count");
  });
});

describe("a table that is wider than the terminal", () => {
  const id = `i-${"0".repeat(32)}`;
  const titles = ["severity", "agent", "updated", "findings", "id"];
  const row = [severe("critical"), "an-agent-of-many-words-and-more", "2026-11-22 10:00", 12_345, id];

  it("has its words cut short from the right, and neither numbers nor times", () => {
    const lines = table(titles, [row], 80).split("\n").map(stripVTControlCharacters);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines[1]).toMatch(
      /^critical {2}an-agent-of-many-words-and-more {2}2026-11-22 10:00\s+12,345 {2}i-0+…$/,
    );
  });

  it("goes beyond it rather than tell nothing", () => {
    const [, line = ""] = table(titles, [row], 20).split("\n").map(stripVTControlCharacters);
    expect(line).toContain("an-agen…  2026-11-22 10:00    12,345  i-00000…");
  });

  it("is whole where it fits, and where there is no terminal", () => {
    for (const most of [200, undefined]) {
      const [, line] = table(titles, [row], most).split("\n");
      for (const cell of ["an-agent-of-many-words-and-more", id]) expect(line).toContain(cell);
    }
  });
});

describe("wrapping", () => {
  it("breaks at spaces and keeps the indent", () => {
    const lines = wrap("word ".repeat(60).trim(), "  ").split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^ {2}word( word)*$/);
    expect(wrap("x".repeat(300))).toBe("x".repeat(300));
  });
});
