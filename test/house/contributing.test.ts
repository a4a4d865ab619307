/** The guide to a first detector cannot rot: its detector is compiled, compared and run, and its first commands are typed. The others: `npm run test:guide`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { createFold } from "../../detectors/fold.ts";
import { call, viewOf } from "../detectors/given.ts";
import { deniedStreak } from "./example/denied-streak.ts";
import { blocksOf, followGuide, written } from "./guide/follow.ts";

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
    const example = readFileSync("test/house/example/denied-streak.ts", "utf8");
    expect(written).toBe(example.replaceAll("../../../detectors/", "./"));
  });

  it("finds five refusals in a row, once", () => {
    expect(finds("dddddd")).toEqual(["refused-in-a-row"]);
  });

  it("stays quiet when a call is allowed in between", () => {
    expect(finds("ddddoddddo")).toEqual([]);
  });

  it("is in the catalogue after two steps, and seen by the commands of the third", () => {
    const script = blocksOf("sh").find((one) => one.includes("refused.ndjson")) ?? "";
    const here = script.replace("npx offgraph", `'${process.execPath}' bin/offgraph.js`);
    const copy = followGuide();
    const told = copy.typed(here);
    expect(told).toMatch(/^10 events of 1 agent .*: 1 finding$/m);
    expect(told).toMatch(/^low +denied-streak +refused-in-a-row +1 +1$/m);
    expect(JSON.parse(readFileSync(join(copy.folder, "found.ndjson"), "utf8"))).toMatchObject({
      detector: "denied-streak",
      eventIds: ["call-4"],
      evidence: { refused: 5 },
      silencedBy: "one call that is not denied in between",
    });
    copy.remove();
  });
});
