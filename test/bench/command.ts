/** A command that measures: runs its cases, prints a table, and with `--json FILE` writes the figures. Progress goes to stderr. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchOptions, Case, Figure } from "./case.ts";
import { writeBenchFile } from "./data.ts";
import { jsonOf, tableOf } from "./report.ts";

/** What a command measures. */
export interface BenchCommand {
  readonly cases: readonly Case[];
  /** Events of the benchmark file, unless `--events` says otherwise. */
  readonly events: number;
  /** Measured rounds, unless `--runs` says otherwise. */
  readonly runs: number;
  /** Called in the end, whatever has happened, before the folder is removed. */
  readonly end?: () => Promise<void>;
}

/** What was given on the command line. */
interface Given {
  readonly json?: string | undefined;
  readonly chosen: readonly Case[];
  readonly events: number;
  readonly runs: number;
}

/** Exits with 1 when a case fails; the others are measured all the same. Temporary files lie in a folder that is removed. */
export async function bench(command: BenchCommand): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      tell(`ended by ${signal}`);
      process.exit(1);
    });
  process.env.TMPDIR = folder;
  try {
    const given = parsed(command);
    const figures = await measureAll(given, folder);
    process.stdout.write(tableOf(figures));
    if (given.json !== undefined) writeFileSync(given.json, jsonOf(figures));
  } catch (error) {
    fail("bench", error);
  } finally {
    await command.end?.();
  }
}

function parsed({ cases, events, runs }: BenchCommand): Given {
  const { values } = parseArgs({
    options: {
      json: { type: "string" },
      only: { type: "string", multiple: true },
      events: { type: "string", default: `${events}` },
      runs: { type: "string", default: `${runs}` },
    },
  });
  const { json, only } = values;
  return {
    json,
    chosen: chosenOf(cases, only),
    events: wholeNumber("events", values.events),
    runs: wholeNumber("runs", values.runs),
  };
}

function wholeNumber(name: string, given: string): number {
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new Error(`--${name}: expected a whole number from 1`);
  return Number(given);
}

function chosenOf(cases: readonly Case[], only: readonly string[] | undefined): readonly Case[] {
  const names = cases.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: expected one of ${names.join(", ")}`);
  return cases.filter(({ name }) => only?.includes(name) ?? true);
}

/** The figures of all cases; one that fails is told of, and the others go on. */
async function measureAll({ chosen, events, runs }: Given, folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  const file = benchFile(folder, events);
  for (const one of chosen) {
    const note = (text: string) => tell(`${one.name}: ${text}`);
    note(one.about);
    const options: BenchOptions = { events, runs, folder, note, benchFile: file };
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

/** Cases share the file. */
function benchFile(folder: string, events: number): () => string {
  let written: string | undefined;
  return () => {
    if (written !== undefined) return written;
    written = join(folder, "events.ndjson");
    tell(`writing ${events} events`);
    writeBenchFile(written, { events, agents: 10_000, seed: 1 });
    return written;
  };
}
