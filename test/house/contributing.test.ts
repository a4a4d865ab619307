/** The guide to a first detector cannot rot: its detector is compiled, compared and run. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { createFold } from "../../detectors/fold.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { call, viewOf } from "../detectors/given.ts";
import { deniedStreak } from "./example/denied-streak.ts";

const guide = readFileSync("CONTRIBUTING.md", "utf8");
const provenance = { digest: () => "0".repeat(64), settings: "", key: "public" };

/** Kinds found when calls with these results come in one session. */
function finds(results: string): string[] {
  const fold = createFold([deniedStreak], [deniedStreak.settings.parse({})], { latenessMs: 0 }, provenance);
  const set = workingSet([deniedStreak]);
  const found: string[] = [];
  for (const [at, result] of [...results].entries()) {
    const given = call(at, { result: result === "d" ? "denied" : "ok", session: "s" });
    fold.step(set, viewOf(given), at, ({ kind }) => found.push(kind));
  }
  return found;
}

describe("the first detector of CONTRIBUTING.md", () => {
  it("is the one that is compiled here", () => {
    const code = /```ts\n([\s\S]*?)```/.exec(guide)?.[1];
    const example = readFileSync("test/house/example/denied-streak.ts", "utf8");
    expect(code).toBe(example.replace("../../../detectors/detector.ts", "./detector.ts"));
    expect(DETECTORS.map(({ id }) => id)).not.toContain(deniedStreak.id);
  });

  it("finds five refusals in a row, once", () => {
    expect(finds("dddddd")).toEqual(["refused-in-a-row"]);
  });

  it("stays quiet when a call is allowed in between", () => {
    expect(finds("ddddoddddo")).toEqual([]);
  });
});
