/** Reading the fields of an event where they lie, against making objects of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EventScanner, hashKey } from "../../../schemas/event-scanner.ts";
import { eventColumns } from "../../../schemas/event-view.ts";
import { PUBLIC_KEY } from "../../../services/ingest/index.ts";
import type { Case } from "../case.ts";
import { writeBenchFile } from "../data.ts";
import { byTurns, timesOf, type Variant } from "../measure.ts";

/** Lines held in memory; each run goes over them until it has read as many events as were asked for. */
const LINES = 20_000;
const SLOTS = 512;
const PARSED = "JSON.parse";

interface Lines {
  readonly bytes: Buffer;
  /** Where each line begins, and where the one after the last would. */
  readonly starts: readonly number[];
}

function linesOf(path: string): Lines {
  const bytes = readFileSync(path);
  const starts = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  return { bytes, starts };
}

/** Goes over the lines again and again; answers how many it has read. */
function go(
  { starts }: Lines,
  events: number,
  read: (start: number, end: number, at: number) => void,
): number {
  const lines = starts.length - 1;
  for (let event = 0; event < events; event++) {
    const at = event % lines;
    read(starts[at]!, starts[at + 1]! - 1, event);
  }
  return events;
}

function scan(lines: Lines, events: number, isStrict: boolean): number {
  const scanner = new EventScanner(hashKey(PUBLIC_KEY.secret));
  const columns = eventColumns(SLOTS);
  return go(lines, events, (start, end, at) => {
    if (!scanner.scan(lines.bytes, start, end, columns, at % SLOTS, isStrict))
      throw new Error(
        `the scanner leaves this line to the schema: ${lines.bytes.toString("utf8", start, end)}`,
      );
  });
}

const parse = (lines: Lines, events: number) =>
  go(lines, events, (start, end) => JSON.parse(lines.bytes.toString("utf8", start, end)));

/** `--only scan`. */
export const scanCase: Case = {
  name: "scan",
  about: "an event's fields out of its bytes, in memory",
  async run({ folder, events, runs, note }) {
    const path = join(folder, "scan.ndjson");
    writeBenchFile(path, { events: LINES, agents: 2000, seed: 3 });
    const lines = linesOf(path);
    const variants: Variant[] = [
      { name: "scan strict", run: async () => scan(lines, events, true) },
      { name: "scan trusted", run: async () => scan(lines, events, false) },
      { name: PARSED, run: async () => parse(lines, events) },
    ];
    await byTurns(variants, 1, (text) => note(`warming up, ${text}`));
    const samples = await byTurns(variants, runs, note);
    return variants.flatMap(({ name }) => timesOf(name, samples, name === PARSED ? [] : [{ name: PARSED }]));
  },
};
