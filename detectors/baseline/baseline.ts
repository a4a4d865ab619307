/**
 * The columns of the workflow-graph baseline: what is learned of one agent, and what a live session has done so far.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { addChild, child, type Graph, graph, readGraph, writeGraph } from "./graph.ts";
import { type Names, names, readNames, writeNames } from "./names.ts";
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
  const begun: Progress = { workflow, root, mode: "learning", sessions: 0, units: [], sensitiveOnce: 0, withheld: 0 };
  b.progress.set(workflow, begun);
  return begun;
}

/** Longest path that a session teaches, in steps; later steps are judged but not learned. */
export const MAX_PATH = 128;
/** Most target values that a session teaches. */
export const MAX_PATH_VALUES = 64;

/** What a live session has done so far. */
export interface Path {
  /** Number of the workflow's name, 0 if none was declared; -1 before the first step. */
  workflow: number;
  /** Number of the trust unit's name; 0 if none was given. */
  unit: number;
  readonly symbols: number[];
  /** Four numbers a value: operation, field, hash low, hash high. */
  readonly values: number[];
  /** Labels of the values, where they were new. */
  readonly labels: string[];
  /** Facts already told in this session, so that a loop makes one finding. */
  readonly told: number[];
}

export function path(): Path {
  return { workflow: -1, unit: 0, symbols: [], values: [], labels: [], told: [] };
}

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
    to.u8(MODES.indexOf(p.mode));
    for (const count of [p.sessions, p.sensitiveOnce, p.withheld]) to.i32(count);
    to.numbers(p.units);
  }
}

export function readBaseline(from: ByteReader): Baseline {
  const read: Baseline = { names: readNames(from), graph: readGraph(from), targets: readTargets(from), progress: new Map(), version: from.i32(), capped: from.i32() };
  for (let left = from.u16(); left > 0; left--) {
    const [workflow, root, mode] = [from.u16(), from.i32(), MODES[from.u8()] ?? "learning"];
    const [sessions, sensitiveOnce, withheld] = [from.i32(), from.i32(), from.i32()];
    read.progress.set(workflow, { workflow, root, mode, sessions, units: from.numbers(), sensitiveOnce, withheld });
  }
  return read;
}

export function writePath(p: Path, to: ByteWriter): void {
  to.i32(p.workflow);
  to.u16(p.unit);
  for (const numbers of [p.symbols, p.values, p.told]) to.numbers(numbers);
  to.texts(p.labels);
}

export function readPath(from: ByteReader): Path {
  const [workflow, unit] = [from.i32(), from.u16()];
  const [symbols, values, told] = [from.numbers(), from.numbers(), from.numbers()];
  return { workflow, unit, symbols, values, told, labels: from.texts() };
}
