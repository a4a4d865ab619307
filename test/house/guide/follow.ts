/** The guide of CONTRIBUTING.md, followed in a copy of the checkout. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const text = readFileSync("CONTRIBUTING.md", "utf8");
/** The detector of step 1, and its test of step 4. */
export const [written = "", tested = ""] = blocksOf("ts");
/** Where npx looks too, but without its half a second. */
const BIN = join(process.cwd(), "node_modules/.bin");

/** What stands in the guide between fences of a language, in order. */
export function blocksOf(language: string): string[] {
  const fenced = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g");
  return [...text.matchAll(fenced)].map(([, code = ""]) => code);
}

/** A checkout in which somebody has followed the guide. */
export interface Copy {
  readonly folder: string;
  /** Types a script of the guide, as a newcomer would, and answers what it prints. */
  typed(script: string): string;
  remove(): void;
}

/** Steps 1, 2 and 4, in a copy of the checkout; whoever follows the guide has done them already. */
export function followGuide(): Copy {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-guide-"));
  cpSync(".", folder, {
    recursive: true,
    filter: (path) => !/^(node_modules|\.git|dist|offgraph-data)$/.test(path),
  });
  symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "detectors/denied-streak.ts"), written);
  writeFileSync(join(folder, "test/detectors/denied-streak.test.ts"), tested);
  const catalogue = readFileSync("detectors/index.ts", "utf8");
  if (!catalogue.includes("deniedStreak")) {
    const [line = ""] = /import \{ deniedStreak \} [^`]*/.exec(text) ?? [];
    const listed = catalogue.replace(/(DETECTORS: .*= \[[^\]]*)\]/, "$1, deniedStreak]");
    // Where a newcomer's editor puts it: the format is not in order yet.
    writeFileSync(
      join(folder, "detectors/index.ts"),
      listed.replace(/^import /m, () => `${line}\nimport `),
    );
  }
  return {
    folder,
    typed: (script) => typed(script, folder),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function typed(script: string, cwd: string): string {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const env = {
    ...Object.fromEntries(environment),
    NODE_ENV: "",
    NO_COLOR: "1",
    PATH: `${BIN}:${process.env.PATH}`,
  };
  const direct = script.replaceAll(/\bnpx (?=biome|vitest)/g, "");
  return execFileSync("sh", ["-ec", direct], { cwd, encoding: "utf8", env, stdio: "pipe" });
}
