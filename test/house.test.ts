/** The rules of this house, checked by machine. What each rule catches is tested in house/rules.test.ts. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { DETECTORS } from "../detectors/index.ts";
import { ERRORS } from "../schemas/errors.ts";
import { Settings } from "../schemas/settings.ts";
import { generated, outdated } from "../scripts/docs/generated.ts";
import { settingsRows } from "../scripts/docs/settings-table.ts";
import {
  importsAreAllowed,
  namesNoDetector,
  onlyTheCatalogueSees,
  telemetryIsStartedApart,
} from "./house/imports.ts";
import { isPure } from "./house/purity.ts";
import { fileIsShort, functionsAreShort } from "./house/sizes.ts";
import { type Rule, type Source, sourcesIn } from "./house/source.ts";
import {
  environmentIsUnread,
  exportsAreDocumented,
  namesSaySomething,
  nothingIsAny,
  nothingIsLeft,
  nounsMeanOneThing,
  testsAreRun,
  testsDoNotSleep,
} from "./house/words.ts";

const sources = sourcesIn("schemas", "detectors", "services", "scripts");
const tests = sourcesIn("test");
const below = (...folders: readonly string[]) =>
  sources.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
const but = (exceptions: readonly string[], files: readonly Source[]) =>
  files.filter(({ path }) => !exceptions.includes(path));
const complaints = (rule: Rule, files: readonly Source[]) => files.flatMap((file) => rule(file));

/** Most files of one folder of detectors. */
const MOST_FILES = 30;

const ids = DETECTORS.map(({ id }) => id);

describe("imports", () => {
  it("point toward the nouns", () => {
    expect(complaints(importsAreAllowed, sources)).toEqual([]);
  });

  it("see a detector only from the catalogue", () => {
    expect(complaints(onlyTheCatalogueSees(ids), sources)).toEqual([]);
    expect(complaints(namesNoDetector(ids), sources)).toEqual([]);
  });

  it("leave the environment to services/settings/config.ts", () => {
    expect(complaints(environmentIsUnread, but(["services/settings/config.ts"], sources))).toEqual([]);
  });
});

describe("the catalogue", () => {
  it("is the folder", async () => {
    const modules = globSync("detectors/*.ts").map(
      async (path) => [path, await import(`../${path}`)] as const,
    );
    const found = (await Promise.all(modules)).flatMap(([path, exported]) =>
      Object.values(exported as object).some(isDetector) ? [basename(path, ".ts")] : [],
    );
    expect(found.toSorted()).toEqual(ids.toSorted());
  });

  it.each(ids)("has a test and a scenario for %s", (id) => {
    expect(existsSync(`test/detectors/${id}.test.ts`)).toBe(true);
    const told = globSync("test/scenarios/**/*.{ts,json,md}").map((path) => readFileSync(path, "utf8"));
    expect(told.some((text) => text.includes(id))).toBe(true);
  });

  it.each(DETECTORS)("says all about $id", ({ about, settings }) => {
    const { kinds, formulas, blindSpots, falsePositives, runbook, references } = about;
    for (const said of [Object.keys(kinds), formulas, blindSpots, falsePositives, runbook, references])
      expect(said).not.toEqual([]);
    expect(settingsRows(settings).filter(({ meaning }) => meaning === "")).toEqual([]);
  });

  it("is pure", () => {
    expect(complaints(isPure, below("detectors"))).toEqual([]);
  });
});

describe("documents", () => {
  it("are current (npm run docs)", () => {
    expect(outdated(generated())).toEqual([]);
  });

  it("give every setting a meaning", () => {
    expect(settingsRows(Settings).filter(({ meaning }) => meaning === "")).toEqual([]);
  });

  it("list no error that cannot happen", () => {
    const used = but(["schemas/errors.ts"], sources).map(({ text }) => text);
    const unused = Object.keys(ERRORS).filter((code) => !used.some((text) => text.includes(`"${code}"`)));
    expect(unused).toEqual([]);
  });

  it("document every export", () => {
    expect(complaints(exportsAreDocumented, sources)).toEqual([]);
  });

  it("say of each dependency why it is there, and of nothing else", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
    const [, section = ""] = readFileSync("services/README.md", "utf8").split("\n## Dependencies\n");
    const named = [...section.matchAll(/^\| `(.+?)` +\|/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).toSorted());
  });

  it("show a newcomer both commands, and the next release its changes", () => {
    expect(readFileSync("README.md", "utf8")).toContain("npm ci && npm run demo");
    expect(readFileSync("README.md", "utf8")).toContain("npm ci && npm test");
    expect(readFileSync("CHANGELOG.md", "utf8")).toMatch(/^## Unreleased$/m);
  });
});

describe("the code", () => {
  it("can be toured in four files of less than 400 lines together", () => {
    const tour = [
      "schemas/event.ts",
      "detectors/out-of-graph.ts",
      "detectors/fold.ts",
      "services/processor/process.ts",
    ];
    expect(tour.reduce((sum, path) => sum + linesOf(path), 0)).toBeLessThan(400);
  });

  it("has detectors that can be read at a sitting", () => {
    expect(ids.filter((id) => linesOf(`detectors/${id}.ts`) > 150)).toEqual([]);
  });

  it("has rooms for its detectors in which one finds what one looks for", () => {
    const rooms = Map.groupBy(below("detectors"), ({ path }) => dirname(path));
    const crowded = [...rooms].filter(([, files]) => files.length > MOST_FILES);
    expect(crowded.map(([room]) => room)).toEqual([]);
  });

  it("stands in short files and short functions", () => {
    expect(complaints(fileIsShort, sources)).toEqual([]);
    expect(complaints(functionsAreShort, sources)).toEqual([]);
  });

  it("has names that say something", () => {
    expect(complaints(namesSaySomething, sources)).toEqual([]);
  });

  it("has nouns that mean one thing", () => {
    expect(nounsMeanOneThing(sources)).toEqual([]);
  });

  it("has nothing switched off or put off, and no any", () => {
    const files = [...sources, ...tests];
    expect(complaints(nothingIsLeft, files)).toEqual([]);
    expect(complaints(nothingIsAny, files)).toEqual([]);
  });
});

describe("tests", () => {
  it("all run", () => {
    expect(complaints(testsAreRun, tests)).toEqual([]);
  });

  it("never sleep, but where time itself is measured, a moment is drawn by lot, or servers are asked until it is so", () => {
    const measured = /^test\/(bench\/|kill\/|cluster\/cluster\.ts|faults\/load\.ts|servers\/proxy\.ts)/;
    const others = tests.filter(({ path }) => !measured.test(path));
    expect(complaints(testsDoNotSleep, others)).toEqual([]);
  });

  it("start telemetry in processes of their own", () => {
    expect(complaints(telemetryIsStartedApart, tests)).toEqual([]);
  });
});

function isDetector(value: unknown): boolean {
  return typeof value === "object" && value !== null && "about" in value && "step" in value;
}

function linesOf(path: string): number {
  return readFileSync(path, "utf8").split("\n").length - 1;
}
