import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { duration, spoken } from "../../services/cli/duration.ts";
import { latenessOption, placeFiles, sourceOption } from "../../services/cli/inputs.ts";

const command = new Command("replay")
  .option("--learn <file>")
  .option("--json")
  .addOption(sourceOption())
  .addOption(latenessOption());
const place = (line: string) => placeFiles(line.split(" "), command);
const files = (line: string) =>
  place(line).files.map(({ path, source, latenessMs }) => `${path} ${source} ${latenessMs}`);

describe("--source and --lateness", () => {
  it("hold for the files after them", () => {
    expect(files("a --source cloudtrail b --lateness 1m c --source sessions d")).toEqual([
      "a offgraph 30000",
      "b cloudtrail 30000",
      "c cloudtrail 60000",
      "d sessions 60000",
    ]);
  });

  it("hold for the files before them when none comes after", () => {
    expect(files("a b --source sessions --json")).toEqual(["a sessions 30000", "b sessions 30000"]);
    expect(files("a --lateness=5s")).toEqual(["a offgraph 5000"]);
    expect(files("--source cloudtrail a --source sessions")).toEqual(["a cloudtrail 30000"]);
  });

  it("hold for files to learn from too", () => {
    const placed = place("--source sessions --learn old new");
    expect(placed.learn.map(({ path, source }) => `${path} ${source}`)).toEqual(["old sessions"]);
    expect(placed.files.map(({ path, source }) => `${path} ${source}`)).toEqual(["new sessions"]);
  });

  it("do not mistake standard input or what follows -- for options", () => {
    expect(files("- -- --source")).toEqual(["- offgraph 30000", "--source offgraph 30000"]);
  });
});

describe("durations", () => {
  it("are numbers with a unit", () => {
    expect(["500ms", "30s", "1.5h", "7d"].map(duration)).toEqual([500, 30_000, 5_400_000, 604_800_000]);
    for (const wrong of ["5", "s", "-1s", "1w", ""]) expect(() => duration(wrong)).toThrow(/such as 30s/);
  });

  it("are said as people say them", () => {
    expect([850, 12_340, 250_000, 7_200_000, 129_600_000].map(spoken)).toEqual([
      "850 ms",
      "12.3 s",
      "4 m 10 s",
      "2 h",
      "1 d 12 h",
    ]);
  });
});
