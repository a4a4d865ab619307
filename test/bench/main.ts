/** `npm run bench`: measures, prints a table, and with `--json FILE` writes the figures. Progress goes to stderr. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchOptions, Case, Figure } from "./case.ts";
import { deniedCase } from "./cases/denied.ts";
import { determinismCase } from "./cases/determinism.ts";
import { gateCase } from "./cases/gate.ts";
import { ingestCase } from "./cases/ingest.ts";
import { memoryCase } from "./cases/memory.ts";
import { replayCase } from "./cases/replay.ts";
import { scanCase } from "./cases/scan.ts";
import { writeBenchFile } from "./data.ts";
import { jsonOf, tableOf } from "./report.ts";

const CASES: readonly Case[] = [
  replayCase,
  scanCase,
  memoryCase,
  gateCase,
  deniedCase,
  ingestCase,
  determinismCase,
];

const { values: given } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string", multiple: true },
    events: { type: "string", default: "1000000" },
    runs: { type: "string", default: "5" },
  },
});

function wholeNumber(name: "events" | "runs"): number {
  if (!/^[1-9]\d{0,8}$/.test(given[name])) throw new Error(`--${name}: expected a whole number from 1`);
  return Number(given[name]);
}

function chosenCases(): readonly Case[] {
  const { only } = given;
  const names = CASES.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: expected one of ${names.join(", ")}`);
  return CASES.filter(({ name }) => only?.includes(name) ?? true);
}

/** The figures of all cases; one that fails is told of, and the others go on. */
async function measureAll(folder: string): Promise<Figure[]> {
  const [events, runs] = [wholeNumber("events"), wholeNumber("runs")];
  const figures: Figure[] = [];
  for (const one of chosenCases()) {
    const note = (text: string) => tell(`${one.name}: ${text}`);
    note(one.about);
    const options: BenchOptions = { events, runs, folder, note, benchFile: benchFile(folder, events) };
    figures.push(...(await one.run(options).catch((error: unknown) => fail(one.name, error))));
  }
  return figures;
}

const tell = (text: string) => process.stderr.write(`${text}\n`);

function fail(what: string, error: unknown): [] {
  tell(`${what}: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
  return [];
}

let written: string | undefined;
/** Cases share the file. */
const benchFile = (folder: string, events: number) => () => {
  if (written === undefined) {
    written = join(folder, "events.ndjson");
    tell(`writing ${events} events`);
    writeBenchFile(written, { events, agents: 10_000, seed: 1 });
  }
  return written;
};

const folder = mkdtempSync(join(tmpdir(), "offgraph-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
try {
  const figures = await measureAll(folder);
  process.stdout.write(tableOf(figures));
  if (given.json !== undefined) writeFileSync(given.json, jsonOf(figures));
} catch (error) {
  fail("bench", error);
}
