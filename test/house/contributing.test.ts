/** The guide to a first detector cannot rot: its detector is compiled, compared and run, and its commands are typed. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { createFold } from "../../detectors/fold.ts";
import { call, viewOf } from "../detectors/given.ts";
import { deniedStreak } from "./example/denied-streak.ts";

const guide = readFileSync("CONTRIBUTING.md", "utf8");
const [written = "", tested = ""] = blocksOf("ts");
/** Where npx looks too, but without its half a second. */
const BIN = join(process.cwd(), "node_modules/.bin");
/** What `npm run check` asks of a new detector, without what does not look at detectors. */
const CHECK = [
  "npx biome check --error-on-warnings detectors test/detectors",
  "npx vitest run test/house.test.ts test/conformance/detectors.test.ts test/detectors/denied-streak.test.ts \\",
  "  -t 'catalogue|documents|code|imports|denied-streak|call'",
].join("\n");
/** The stories that take milliseconds; of the long ones the example says nothing. */
const STORIES = "test/scenarios/scenarios.test.ts -t 'refresh-loop|stolen-token|injected-agent' --update";
const copy = mkdtempSync(join(tmpdir(), "offgraph-guide-"));
beforeAll(followGuide);
afterAll(() => rmSync(copy, { recursive: true }));
const provenance = { digest: () => "0".repeat(64), settings: "", key: "public" };

/** What stands in the guide between fences of a language, in order. */
function blocksOf(language: string): string[] {
  const fenced = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g");
  return [...guide.matchAll(fenced)].map(([, code = ""]) => code);
}

/** Steps 1, 2 and 4, in a copy of the checkout; whoever follows the guide has done them already. */
function followGuide(): void {
  cpSync(".", copy, {
    recursive: true,
    filter: (path) => !/^(node_modules|\.git|dist|offgraph-data)$/.test(path),
  });
  symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(copy, "detectors/denied-streak.ts"), written);
  writeFileSync(join(copy, "test/detectors/denied-streak.test.ts"), tested);
  const catalogue = readFileSync("detectors/index.ts", "utf8");
  if (catalogue.includes("deniedStreak")) return;
  const [line = ""] = /import \{ deniedStreak \} [^`]*/.exec(guide) ?? [];
  const listed = catalogue.replace(/(DETECTORS: .*= \[[^\]]*)\]/, "$1, deniedStreak]");
  writeFileSync(join(copy, "detectors/index.ts"), `${line}\n${listed}`);
}

/** Types a script of the guide in the copy, as a newcomer would, and answers what it prints. */
function typed(script: string): string {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const env = {
    ...Object.fromEntries(environment),
    NODE_ENV: "",
    NO_COLOR: "1",
    PATH: `${BIN}:${process.env.PATH}`,
  };
  const direct = script.replaceAll(/\bnpx (?=biome|vitest)/g, "");
  return execFileSync("sh", ["-ec", direct], { cwd: copy, encoding: "utf8", env, stdio: "pipe" });
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
    const told = typed(here);
    expect(told).toMatch(/^10 events of 1 agent .*: 1 finding$/m);
    expect(told).toMatch(/^low +denied-streak +refused-in-a-row +1 +1$/m);
    expect(JSON.parse(readFileSync(join(copy, "found.ndjson"), "utf8"))).toMatchObject({
      detector: "denied-streak",
      eventIds: ["call-4"],
      evidence: { refused: 5 },
      silencedBy: "one call that is not denied in between",
    });
  });

  it("passes after the commands of the fifth", () => {
    const script = blocksOf("sh").find((one) => one.includes("npm run check")) ?? "";
    const here = script.replace("test/scenarios --update", STORIES).replace("npm run check", CHECK);
    const told = typed(here);
    expect(told).toMatch(/test\/detectors\/denied-streak\.test\.ts \(3 tests\)/);
  }, 60_000);
});
