import { describe, expect, it } from "vitest";
import { safe, table, wrap } from "../../services/cli/terminal.ts";

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

describe("wrapping", () => {
  it("breaks at spaces and keeps the indent", () => {
    const lines = wrap("word ".repeat(60).trim(), "  ").split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^ {2}word( word)*$/);
    expect(wrap("x".repeat(300))).toBe("x".repeat(300));
  });
});
