/** Each rule of the house bites where it should, and is quiet where it should. */
import { describe, expect, it } from "vitest";
import {
  importsAreAllowed,
  namesNoDetector,
  onlyTheCatalogueSees,
  telemetryIsStartedApart,
} from "./imports.ts";
import { isPure } from "./purity.ts";
import { fileIsShort, functionsAreShort } from "./sizes.ts";
import { parse, type Rule } from "./source.ts";
import {
  environmentIsUnread,
  exportsAreDocumented,
  namesSaySomething,
  nothingIsAny,
  nothingIsLeft,
  nounsMeanOneThing,
  testsAreRun,
  testsDoNotSleep,
} from "./words.ts";

const lines = (count: number) => "value;\n".repeat(count);
const long = (count: number, comment = "") => `${comment}\nexport function tell() {\n${lines(count)}}`;

interface Case {
  readonly rule: Rule;
  readonly bites: readonly (readonly [path: string, text: string])[];
  readonly quiet: readonly (readonly [path: string, text: string])[];
}

const CASES: Readonly<Record<string, Case>> = {
  "imports only what its room may": {
    rule: importsAreAllowed,
    bites: [
      ["schemas/a.ts", 'import { b } from "../detectors/b.ts";'],
      ["schemas/a.ts", 'import { b } from "node:fs";'],
      ["detectors/a.ts", 'import { b } from "node:crypto";'],
      ["detectors/a.ts", 'import type { b } from "../services/ports/store.ts";'],
      ["services/ports/a.ts", 'import { b } from "../adapters/b.ts";'],
      ["services/gate/a.ts", 'export { b } from "../ingest/b.ts";'],
      ["services/gate/a.ts", 'const b = await import("../ingest/b.ts");'],
      ["services/gate/a.ts", 'import { b } from "../settings/config.ts";'],
      ["services/gate/a.ts", 'import { b } from "../../detectors/index.ts";'],
      ["services/gate/a.ts", 'import { b } from "lmdb";'],
      ["services/main.ts", 'import { b } from "kafkajs";'],
      ["services/settings/config.ts", 'import { b } from "../gate/index.ts";'],
      ["services/records.ts", 'import { b } from "./main.ts";'],
      ["services/elsewhere.ts", ""],
      ["services/gate/a.ts", 'import { b } from "../../test/b.ts";'],
      ["elsewhere/a.ts", ""],
    ],
    quiet: [
      ["schemas/a.ts", 'import { z } from "zod"; import { b } from "./b.ts";'],
      [
        "detectors/baseline/a.ts",
        'import { b } from "../stats/b.ts"; import { c } from "../../schemas/c.ts";',
      ],
      [
        "services/gate/a.ts",
        'import { b } from "../ports/b.ts"; import fastify from "fastify"; import "node:fs";',
      ],
      [
        "services/gate/a.ts",
        'import { b } from "../records.ts"; import { c } from "../in-turn.ts"; import { d } from "../outbox.ts";',
      ],
      ["services/processor/a.ts", 'import { b } from "../telemetry/tracing.ts";'],
      ["services/adapters/a.ts", 'import { open } from "lmdb"; import { b } from "../ports/b.ts";'],
      [
        "services/processor/a.ts",
        'import { b } from "../judge.ts"; import { c } from "../../detectors/fold.ts";',
      ],
      ["services/server/a.ts", 'import { b } from "../telemetry/b.ts"; import { c } from "../http.ts";'],
      ["services/start/a.ts", 'import { b } from "../gate/index.ts"; import { c } from "../layers/c.ts";'],
      ["services/cli/a.ts", 'import { b } from "../replay/b.ts"; const c = await import("../main.ts");'],
    ],
  },
  "sees no detector but from the catalogue": {
    rule: onlyTheCatalogueSees(["token-reuse"]),
    bites: [["detectors/fold.ts", 'import { b } from "./token-reuse.ts";']],
    quiet: [
      ["detectors/index.ts", 'import { b } from "./token-reuse.ts";'],
      ["detectors/fold.ts", 'import { b } from "./index.ts";'],
    ],
  },
  "names no detector": {
    rule: namesNoDetector(["token-reuse"]),
    bites: [
      ["detectors/fold/a.ts", 'const at = DETECTORS.findIndex(({ id }) => id === "token-reuse");'],
      ["services/processor/a.ts", 'const a = { "token-reuse": 1 };'],
      ["services/responder/a.ts", 'const a = "token-reuse";'],
      ["services/a.ts", 'const a = "token-reuse";'],
    ],
    quiet: [
      [
        "detectors/fold/a.ts",
        "const at = DETECTORS.findIndex(({ sharing }) => sharing !== undefined); // token-reuse",
      ],
      ["services/cli/a.ts", 'const a = "token-reuse";'],
      ["services/replay/evaluate/a.ts", 'const a = "token-reuse";'],
    ],
  },
  "is pure": {
    rule: isPure,
    bites: [
      ["detectors/a.ts", "export const a = Math.log(2);"],
      ["detectors/a.ts", "export const a = Math.random();"],
      ["detectors/a.ts", "export const a = Date.now();"],
      ["detectors/a.ts", "export const a = new Date();"],
      ["detectors/a.ts", "export const a = new Date(1).getHours();"],
      ["detectors/a.ts", "export async function a() {}"],
      ["detectors/a.ts", "export const a = performance.now();"],
      ["detectors/a.ts", "export const a = process.pid;"],
    ],
    quiet: [
      [
        "detectors/a.ts",
        "export const a = Math.max(Math.imul(2, 3), Math.floor(0.5), Math.sqrt(2), Math.LN2);",
      ],
      ["detectors/a.ts", "export const a = (timeMs: number) => new Date(timeMs).toISOString();"],
      ["detectors/a.ts", "export const a = (row: { process: number }) => ({ crypto: row.process });"],
    ],
  },
  "is a short file, or says why not": {
    rule: fileIsShort,
    bites: [["schemas/a.ts", lines(251)]],
    quiet: [
      ["schemas/a.ts", lines(250)],
      [
        "schemas/a.ts",
        `/** A grammar. (This file is long\n * because one grammar stands in one place.) */\n${lines(251)}`,
      ],
    ],
  },
  "has short functions, or says why not": {
    rule: functionsAreShort,
    bites: [
      ["schemas/a.ts", long(49)],
      ["schemas/a.ts", `export const tell = () => {\n${lines(49)}};`],
      ["schemas/a.ts", `export const teller = { tell() {\n${lines(49)}} };`],
    ],
    quiet: [
      ["schemas/a.ts", long(48)],
      ["schemas/a.ts", long(49, "/** Long because a table is no thinner in parts. */")],
    ],
  },
  "has names that say something": {
    rule: namesSaySomething,
    bites: [
      ["schemas/event-utils.ts", ""],
      ["schemas/a.ts", "export class StoreManager {}"],
      ["schemas/a.ts", "export const userData = 1;"],
    ],
    quiet: [["schemas/decode.ts", "export const metadata = 1; const data = 2; export const database = 3;"]],
  },
  "documents every export": {
    rule: exportsAreDocumented,
    bites: [
      ["schemas/a.ts", "export const b = 1;"],
      ["schemas/a.ts", "// Not a doc comment.\nexport const b = 1;"],
      ["schemas/a.ts", "/** Of b. */\nexport const b = 1;\n\nexport const c = 2;"],
      ["services/a.ts", 'export const b = meter.createCounter("b_total");'],
      ["services/a.ts", 'export const b = { description: "Of b" };'],
    ],
    quiet: [
      ["schemas/a.ts", "/** Of b. */\nexport const b = 1;\nexport type b = number;"],
      ["services/a.ts", 'export const b = meter.createCounter("b_total", { description: "Of b" });'],
      ["schemas/a.ts", "/** Two at once. */\nexport const b = 1;\nexport const c = 2;"],
      ["schemas/dead-letter.ts", "/** A dead letter. */\nconst time = 1;\n\nexport const DeadLetter = time;"],
    ],
  },
  "leaves nothing behind": {
    rule: nothingIsLeft,
    bites: [
      ["schemas/a.ts", "// TODO: later"],
      ["schemas/a.ts", "// @ts-expect-error\nlet a = 1;"],
      ["schemas/a.ts", "// biome-ignore lint: because\nlet a = 1;"],
    ],
    quiet: [["schemas/a.ts", 'const a = "TODO"; // what is to do stands elsewhere']],
  },
  "has no any": {
    rule: nothingIsAny,
    bites: [["schemas/a.ts", "export const a = (b: any) => b;"]],
    quiet: [["schemas/a.ts", 'export const any = (b: unknown) => b ?? "any";']],
  },
  "does not read the environment": {
    rule: environmentIsUnread,
    bites: [["services/a.ts", "const a = process.env.HOME;"]],
    quiet: [["services/a.ts", "const a = process.argv; const b = { env: 1 }.env;"]],
  },
  "runs every test": {
    rule: testsAreRun,
    bites: [
      ["test/a.test.ts", 'it.skip("a", () => {});'],
      ["test/a.test.ts", 'describe.concurrent.only("a", () => {});'],
      ["test/a.test.ts", 'it.todo("a");'],
    ],
    quiet: [["test/a.test.ts", 'it.runIf(there)("a", () => {}); list.skip(1);']],
  },
  "does not sleep": {
    rule: testsDoNotSleep,
    bites: [
      ["test/a.test.ts", "await new Promise((resolve) => setTimeout(resolve, 10));"],
      ["test/a.test.ts", 'import { setTimeout as wait } from "node:timers/promises";'],
      [
        "test/cluster/a.ts",
        'import { clock } from "../../services/adapters/clock.ts"; while (!(await b())) await clock.sleep(50);',
      ],
    ],
    quiet: [
      ["test/a.test.ts", 'import { setImmediate } from "node:timers/promises"; await setImmediate();'],
      [
        "test/a.test.ts",
        'import { manualClock } from "./manual-clock.ts"; const clock = manualClock(0); await clock.sleep(50);',
      ],
    ],
  },
  "starts telemetry in a process of its own": {
    rule: telemetryIsStartedApart,
    bites: [["test/ingest/a.test.ts", 'import "../../services/telemetry/metrics.ts";']],
    quiet: [
      ["test/telemetry/a.test.ts", 'import "../../services/telemetry/metrics.ts";'],
      ["test/ingest/a.test.ts", 'import { b } from "../../services/telemetry/tracing.ts";'],
      ["test/bench/a.ts", 'import "../../services/telemetry/metrics.ts";'],
    ],
  },
};

describe.each(Object.entries(CASES))("the rule that a file %s", (_name, { rule, bites, quiet }) => {
  it.each(bites)("bites in %s (%#)", (path, text) => {
    expect(rule(parse(path, text))).toHaveLength(1);
  });
  it.each(quiet)("is quiet in %s (%#)", (path, text) => {
    expect(rule(parse(path, text))).toEqual([]);
  });
});

describe("the rule that a noun means one thing", () => {
  const nouns = (...files: readonly (readonly [path: string, text: string])[]) =>
    nounsMeanOneThing(files.map(([path, text]) => parse(path, text)));

  it("bites where two files export a type or class of one name", () => {
    const found = nouns(
      ["schemas/a.ts", "export interface Step {}"],
      ["services/b.ts", "\nexport class Step {}"],
    );
    expect(found).toEqual(["services/b.ts:2: Step is something else in schemas/a.ts"]);
  });

  it("is quiet about a schema and its type, what a file keeps to itself, what it hands on, and functions", () => {
    const found = nouns(
      [
        "schemas/a.ts",
        "export const Step = 1; export type Step = 2; export const step = 3; export const STEP = 4;",
      ],
      [
        "services/b.ts",
        'interface Step {} export { Step } from "../schemas/a.ts"; export const step = 3, STEP = 4;',
      ],
    );
    expect(found).toEqual([]);
  });
});
