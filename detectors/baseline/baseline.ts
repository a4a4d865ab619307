/**
 * The columns of the workflow-graph baseline: what is learned of one agent, and what a live session has done so far.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { addChild, child, type Graph, graph, readGraph, writeGraph } from "./graph.ts";
import { type Names, names, readNames, writeNames } from "./names.ts";
import { giveBack, room } from "../stats/room.ts";
import { readTargets, type Targets, targets, writeTargets } from "./targets.ts";

/** learning: only invariants speak. shadow: named facts speak, scores are not calibrated. */
export const MODES = ["learning", "shadow", "enforcing", "frozen"] as const;
export type Mode = (typeof MODES)[number];

/** What is known of one workflow, or of the agent as a whole (workflow 0). */
export interface Progress {
  /** Number of the workflow's name; 0 for the agent. */
  readonly workflow: number;
  readonly root: number;
  mode: Mode;
  /** Sessions learned from. */
  sessions: number;
  /** Trust units seen, as numbers of names; at most 255. */
  readonly units: number[];
  /** Sensitive operations that exactly one session has used: the numerator of the novelty forecast. */
  sensitiveOnce: number;
  /** Sessions withheld from learning because a finding was made in them. */
  withheld: number;
  /** The agent had left learning before it was first seen: it may not hide behind its own learning. */
  readonly isLate: boolean;
}

export interface Baseline {
  readonly names: Names;
  readonly graph: Graph;
  readonly targets: Targets;
  /** By number of the workflow's name; the agent's own under 0. */
  readonly progress: Map<number, Progress>;
  /** Number of the frozen version; 0 before the first. */
  version: number;
  /** Times that something was not learned because a cap was reached. */
  capped: number;
}

/** Most workflows of one agent; more are judged by the agent's own graph. */
export const MAX_WORKFLOWS = 256;

export function baseline(): Baseline {
  const created: Baseline = { names: names(), graph: graph(), targets: targets(), progress: new Map(), version: 0, capped: 0 };
  progressOf(created, 0);
  return created;
}

/** The progress of a workflow, begun if it is new; undefined beyond the cap. */
export function progressOf(b: Baseline, workflow: number): Progress | undefined {
  const known = b.progress.get(workflow);
  if (known !== undefined || b.progress.size > MAX_WORKFLOWS) return known;
  // The agent's root is symbol 0 and a workflow's its own number, under the unused node 0.
  const root = child(b.graph, 0, workflow) || addChild(b.graph, 0, workflow);
  if (root === 0) return undefined;
  const isLate = (b.progress.get(0)?.mode ?? "learning") !== "learning";
  const begun: Progress = { workflow, root, mode: "learning", sessions: 0, units: [], sensitiveOnce: 0, withheld: 0, isLate };
  b.progress.set(workflow, begun);
  return begun;
}

/** Longest path that a session teaches, in steps; later steps are judged but not learned. */
export const MAX_PATH = 128;
/** Most target values that a session teaches. */
export const MAX_PATH_VALUES = 64;

/** What a live session has done so far. Its arrays come from stats/room.ts and go back there when it ends. */
export interface Path {
  /** Number of the workflow's name, 0 if none was declared; -1 before the first step. */
  workflow: number;
  /** Number of the trust unit's name; 0 if none was given. */
  unit: number;
  symbols: Int32Array;
  steps: number;
  /** Six numbers a value: operation, field, hash low and high, and where its label lies in `labels` and how long it is. */
  values: Int32Array;
  valueCount: number;
  /** Labels of values that were new, as bytes of UTF-8. */
  labels: Int32Array;
  labelBytes: number;
  /** Facts already told in this session, so that a loop makes one finding. */
  told: readonly number[];
}

export const VALUE_WIDTH = 6;
const NOTHING_TOLD: readonly number[] = [];

export function path(): Path {
  return { workflow: -1, unit: 0, symbols: room(16), steps: 0, values: room(0), valueCount: 0, labels: room(0), labelBytes: 0, told: NOTHING_TOLD };
}

/** Gives the arrays of a path back; it must not be used afterwards. */
export function endPath(p: Path): void {
  giveBack(p.symbols);
  giveBack(p.values);
  giveBack(p.labels);
}

/** Beside the mode in its byte. */
const LATE = 128;

export function writeBaseline(b: Baseline, to: ByteWriter): void {
  writeNames(b.names, to);
  writeGraph(b.graph, to);
  writeTargets(b.targets, to);
  to.i32(b.version);
  to.i32(b.capped);
  to.u16(b.progress.size);
  for (const p of b.progress.values()) {
    to.u16(p.workflow);
    to.i32(p.root);
    to.u8(MODES.indexOf(p.mode) | (p.isLate ? LATE : 0));
    for (const count of [p.sessions, p.sensitiveOnce, p.withheld]) to.i32(count);
    to.numbers(p.units);
  }
}

export function readBaseline(from: ByteReader): Baseline {
  const read: Baseline = { names: readNames(from), graph: readGraph(from), targets: readTargets(from), progress: new Map(), version: from.i32(), capped: from.i32() };
  for (let left = from.u16(); left > 0; left--) {
    const [workflow, root, flags] = [from.u16(), from.i32(), from.u8()];
    const mode = MODES[flags & (LATE - 1)] ?? "learning";
    const [sessions, sensitiveOnce, withheld] = [from.i32(), from.i32(), from.i32()];
    read.progress.set(workflow, { workflow, root, mode, sessions, units: from.numbers(), sensitiveOnce, withheld, isLate: (flags & LATE) !== 0 });
  }
  return read;
}

export function writePath(p: Path, to: ByteWriter): void {
  for (const value of [p.workflow, p.unit, p.steps, p.valueCount, p.labelBytes]) to.i32(value);
  to.ints(p.symbols.subarray(0, p.steps));
  to.ints(p.values.subarray(0, p.valueCount * VALUE_WIDTH));
  to.ints(p.labels.subarray(0, (p.labelBytes + 3) >> 2));
  to.numbers(p.told);
}

export function readPath(from: ByteReader): Path {
  const [workflow, unit, steps, valueCount, labelBytes] = [from.i32(), from.i32(), from.i32(), from.i32(), from.i32()];
  return { workflow, unit, steps, valueCount, labelBytes, symbols: from.ints(), values: from.ints(), labels: from.ints(), told: from.numbers() };
}
