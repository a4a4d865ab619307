/** The guide to a first detector cannot rot: its detector is compiled, compared and run, and its commands are typed. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { createFold } from "../../detectors/fold.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { call, viewOf } from "../detectors/given.ts";
import { deniedStreak } from "./example/denied-streak.ts";

const guide = readFileSync("CONTRIBUTING.md", "utf8");
const [written = ""] = blocksOf("ts");
const copy = mkdtempSync(join(tmpdir(), "offgraph-guide-"));
afterAll(() => rmSync(copy, { recursive: true }));
const provenance = { digest: () => "0".repeat(64), settings: "", key: "public" };

/** What stands in the guide between fences of a language, in order. */
function blocksOf(language: string): string[] {
  const fenced = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g");
  return [...guide.matchAll(fenced)].map(([, code = ""]) => code);
}

/** Steps 1 and 2, in a copy of the checkout. */
function followGuide(): void {
  for (const path of ["bin", "schemas", "detectors", "services", "package.json"])
    cpSync(path, join(copy, path), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(copy, "detectors/denied-streak.ts"), written);
  const catalogue = readFileSync("detectors/index.ts", "utf8");
  const [line = ""] = /import \{ deniedStreak \} [^`]*/.exec(guide) ?? [];
  const listed = catalogue.replace(/(DETECTORS: .*= \[[^\]]*)\]/, "$1, deniedStreak]");
  writeFileSync(join(copy, "detectors/index.ts"), `${line}\n${listed}`);
}

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
    expect(DETECTORS.map(({ id }) => id)).not.toContain(deniedStreak.id);
  });

  it("finds five refusals in a row, once", () => {
    expect(finds("dddddd")).toEqual(["refused-in-a-row"]);
  });

  it("stays quiet when a call is allowed in between", () => {
    expect(finds("ddddoddddo")).toEqual([]);
  });

  it("is in the catalogue after two steps, and seen by the commands of the third", () => {
    followGuide();
    const script = blocksOf("sh").find((one) => one.includes("refused.ndjson")) ?? "";
    const here = script.replace("npx offgraph", `'${process.execPath}' bin/offgraph.js`);
    const told = execFileSync("sh", ["-ec", here], { cwd: copy, encoding: "utf8" });
    expect(told).toMatch(/^10 events of 1 agent .*: 1 finding$/m);
    expect(told).toMatch(/^low +denied-streak +refused-in-a-row +1 +1$/m);
    expect(JSON.parse(readFileSync(join(copy, "found.ndjson"), "utf8"))).toMatchObject({
      detector: "denied-streak",
      eventIds: ["call-4"],
      evidence: { refused: 5 },
      silencedBy: "one call that is not denied in between",
    });
  });
});
