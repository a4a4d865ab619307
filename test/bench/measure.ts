/** Several variants of one piece of work, by turns in one process, so that all of them meet the same machine. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Figure } from "./case.ts";

/** One way to do the work. */
export interface Variant {
  readonly name: string;
  /** Does the work once; answers how many events it was, or what it has measured itself. */
  run(): Promise<number | Sample>;
}

/** One run of a variant. */
export interface Sample {
  /** Events per second of wall clock. */
  readonly perSecond: number;
  /** Processor time of one event, ns: user and system, of all threads of the process. */
  readonly cpuNs: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Runs every variant `runs` times, each round beginning with the next one. */
export async function byTurns(
  variants: readonly Variant[],
  runs: number,
  note: (text: string) => void,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map(variants.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round < runs; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(round + turn) % variants.length]!;
      const sample = await measured(variant);
      samples.get(variant.name)?.push(sample);
      note(`round ${round + 1} of ${runs}: ${variant.name} ${Math.round(sample.perSecond)} events/s`);
    }
  }
  return samples;
}

async function measured({ run }: Variant): Promise<Sample> {
  collectGarbage();
  const stop = startStopwatch();
  const events = await run();
  return typeof events === "number" ? stop(events) : events;
}

/** Begins to measure this process; what it answers ends it, and is told how many events there were. */
export function startStopwatch(): (events: number) => Sample {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return (events) => {
    const wallMs = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: (events * 1000) / wallMs, cpuNs: ((user + system) * 1000) / events };
  };
}

/** The middle one of the sorted values; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The value at a share of the sorted values, 0 to 1: the smallest that at least this share does not exceed. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A figure of all runs. */
export function figure(name: string, unit: string, runs: readonly number[], target?: string): Figure {
  return { name, value: median(runs), unit, runs, ...(target !== undefined && { target }) };
}

/** How many times as good one list of runs is as another, round by round; `perEvent`: less is better. */
export function ratioOf(own: readonly number[], other: readonly number[], perEvent: boolean): number {
  return median(own.map((value, round) => (perEvent ? other[round]! / value : value / other[round]!)));
}

/** A variant that others are compared with, and what is to be reached. */
export interface Reference {
  readonly name: string;
  readonly target?: string;
}

/** Wall clock and processor time of a variant, on their own or against each of the references. */
export function timesOf(
  name: string,
  samples: ReadonlyMap<string, readonly Sample[]>,
  references: readonly Reference[] = [],
): Figure[] {
  const walls = (of: string) => samples.get(of)?.map(({ perSecond }) => perSecond) ?? [];
  const cpus = (of: string) => samples.get(of)?.map(({ cpuNs }) => cpuNs) ?? [];
  const wall = figure(name, "events/s", walls(name));
  const cpu = figure(`${name} cpu`, "ns/event", cpus(name));
  if (references.length === 0) return [wall, cpu];
  return references.flatMap(({ name: against, target }) => {
    const shared = { against, ...(target !== undefined && { target }) };
    return [
      { ...wall, ratio: ratioOf(wall.runs, walls(against), false), ...shared },
      { ...cpu, ratio: ratioOf(cpu.runs, cpus(against), true), ...shared },
    ];
  });
}
