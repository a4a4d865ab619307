/** Nobody is told to type a command or an option that does not exist. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { program } from "../../services/cli/program.ts";
import { shownIn, unknownIn } from "./commands.ts";

const all = program([]);
const PLACES = [
  "*.md",
  "*.yml",
  "{schemas,detectors,services,test}/**/*.md",
  "{schemas,detectors,services}/**/*.ts",
];
const lines = PLACES.flatMap((pattern) =>
  globSync(pattern).flatMap((path) =>
    [...shownIn(readFileSync(path, "utf8"))].map((line) => [path, line] as const),
  ),
);

describe("commands that documents and messages show", () => {
  it("are many", () => {
    expect(lines.length).toBeGreaterThan(50);
  });

  it("exist, with their options", () => {
    const wrong = lines.flatMap(([path, line]) => {
      const unknown = unknownIn(line, all);
      return unknown === undefined ? [] : [`${path}: offgraph ${line}: no ${unknown}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe("a command line", () => {
  it.each([
    ["quarantin billing", "quarantin"],
    ["audit verfy", "verfy"],
    ["replay x.ndjson --fail-on high --loud", "--loud"],
    ["config check --data x", "--data"],
  ])("offgraph %s has an unknown word", (line, word) => {
    expect(unknownIn(line, all)).toBe(word);
  });

  it.each([
    "--help",
    "COMMAND --help",
    "replay trail.json --source cloudtrail",
    "audit verify FILE",
    "release ID",
  ])("offgraph %s is well", (line) => {
    expect(unknownIn(line, all)).toBeUndefined();
  });

  it("is found in code, behind a prompt and behind npx, and not in prose", () => {
    const text =
      "See `offgraph doctor`.\n$ npx offgraph replay a.gz # look\nnpx offgraph start\nOr offgraph itself.\n";
    expect([...shownIn(text)]).toEqual(["doctor", "replay a.gz", "start"]);
  });
});
