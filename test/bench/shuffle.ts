/** A file of events as a slow and repetitive source would deliver it. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { pop, push } from "../../services/simulator/heap.ts";
import { random } from "../../services/simulator/random.ts";
import { createLineFile } from "./line-file.ts";

/** How bad the delivery is. */
export interface ShuffleOptions {
  /** No line comes after one whose event is this much later or more, in ms. */
  readonly latenessMs: number;
  /** Share of lines that come twice, 0 to 1. */
  readonly duplicates: number;
  readonly seed: number;
}

interface Delayed {
  readonly arrivalMs: number;
  readonly line: string;
}

const arrivesEarlier = (one: Delayed, other: Delayed) => one.arrivalMs < other.arrivalMs;
const TIME = '"time":"';
const TIME_LENGTH = "2026-01-01T00:00:00.000Z".length;

/**
 * Writes the lines of a file in time order in the order of a delayed arrival, each copy delayed by itself. Holds the
 * lines of one lateness. Returns how many lines were written.
 * @throws Error of the file system.
 */
export async function shuffled(path: string, out: string, options: ShuffleOptions): Promise<number> {
  const { latenessMs, duplicates, seed } = options;
  const own = random(seed, "shuffle");
  const waiting: Delayed[] = [];
  const file = createLineFile(out);
  let lines = 0;
  const releaseUntil = (timeMs: number) => {
    for (; waiting[0] && waiting[0].arrivalMs <= timeMs; lines++)
      file.write(pop(waiting, arrivesEarlier)?.line ?? "");
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const timeMs = timeOf(line);
    releaseUntil(timeMs);
    const copies = own.chance(duplicates) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      push(waiting, { arrivalMs: timeMs + latenessMs * own.unit(), line }, arrivesEarlier);
  }
  releaseUntil(Infinity);
  file.close();
  return lines;
}

function timeOf(line: string): number {
  const from = line.indexOf(TIME) + TIME.length;
  return Date.parse(line.slice(from, from + TIME_LENGTH));
}
