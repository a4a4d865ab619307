/** What is learned of one agent: names, graph, targets, and how far each workflow has come. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import type { AgentEvidence } from "../evidence/memory.ts";
import type { ContractInForce } from "./contracts/contracts.ts";
import type { DeniedEdge } from "./decisions/denied.ts";
import type { Pen } from "./decisions/pen.ts";
import { addChild, child, endGraph, type Graph, newGraph } from "./graph/graph.ts";
import { readGraph, writeGraph } from "./graph/graph-codec.ts";
import { endNames, type NameDictionary, newNames, readNames, writeNames } from "./names.ts";
import { endTargets, newTargets, readTargets, type Targets, writeTargets } from "./values/targets.ts";
import type { Builds } from "./versions/builds.ts";

/**
 * learning: what is new is not told, only what a person, a contract or a closed slot rules out. shadow: named facts speak, scores are not calibrated. enforcing: scores speak too, within
 * their budget. frozen: learning was ended.
 */
const MODES = ["learning", "shadow", "enforcing", "frozen"] as const;
/** How far a workflow, or the agent as a whole, has come. */
export type BaselineMode = (typeof MODES)[number];

/** What is known of one workflow, or of the agent as a whole (workflow 0). */
export interface LearningProgress {
  /** Number of the workflow's name; 0 for the agent. */
  readonly workflow: number;
  readonly root: number;
  mode: BaselineMode;
  /** Sessions learned from. */
  sessions: number;
  /** Trust units seen, as numbers of names; at most 255. */
  units: readonly number[];
  /** Sensitive operations that exactly one session has used: the numerator of the novelty forecast. */
  sensitiveOnce: number;
  /** Sessions withheld from learning because a finding was made in them. */
  withheld: number;
  /** The agent had left learning before it was first seen: it may not hide behind its own learning. */
  readonly isLate: boolean;
}

/** The columns of an agent. */
export interface Baseline {
  readonly names: NameDictionary;
  readonly graph: Graph;
  readonly targets: Targets;
  /** By number of the workflow's name; the agent's own under 0. */
  readonly progress: Map<number, LearningProgress>;
  /** Number of the frozen version; 0 before the first. */
  version: number;
  /** Times that something was not learned because a cap was reached. */
  capped: number;
  /** How much of that, and of what the evidence could not remember, the fold has counted since it has the agent in memory. */
  cappedCounted: number;
  /** What the evidence remembers of the agent; undefined unless it is switched on. */
  memory: AgentEvidence | undefined;
  /** Sessions that wait for a person; undefined before the first. */
  pen: Pen | undefined;
  /** Edges that a person has denied; undefined if there are none. */
  denied: readonly DeniedEdge[] | undefined;
  /** Versions that were seen to run; undefined if no event has named one. */
  builds: Builds | undefined;
  /** What the agent's owner has signed; undefined if nothing. */
  contracts: readonly ContractInForce[] | undefined;
}

/** Most workflows of one agent; more are judged by the agent's own graph. */
const MAX_WORKFLOWS = 256;

/** An agent of which nothing has been learned. */
export function newBaseline(): Baseline {
  const created: Baseline = {
    names: newNames(),
    graph: newGraph(),
    targets: newTargets(),
    progress: new Map(),
    version: 0,
    capped: 0,
    cappedCounted: 0,
    memory: undefined,
    pen: undefined,
    denied: undefined,
    builds: undefined,
    contracts: undefined,
  };
  progressOf(created, 0);
  return created;
}

/** Gives the memory back; what was learned is of no more use. */
export function endBaseline({ names, graph, targets }: Baseline): void {
  endNames(names);
  endGraph(graph);
  endTargets(targets);
}

/** The progress of a workflow, begun if it is new; undefined beyond the cap. */
export function progressOf(baseline: Baseline, workflow: number): LearningProgress | undefined {
  const known = baseline.progress.get(workflow);
  if (known !== undefined || baseline.progress.size > MAX_WORKFLOWS) return known;
  // The agent's root is symbol 0 and a workflow's its own number, under the unused node 0.
  const root = child(baseline.graph, 0, workflow) || addChild(baseline.graph, 0, workflow);
  if (root === 0) return undefined;
  const isLate = (baseline.progress.get(0)?.mode ?? "learning") !== "learning";
  const begun: LearningProgress = {
    workflow,
    root,
    mode: "learning",
    sessions: 0,
    units: [],
    sensitiveOnce: 0,
    withheld: 0,
    isLate,
  };
  baseline.progress.set(workflow, begun);
  return begun;
}

/** Beside the mode in its byte. */
const LATE = 128;

/** Dense; the graph as it lies in memory. */
export function writeBaseline(baseline: Baseline, to: ByteWriter): void {
  writeNames(baseline.names, to);
  writeGraph(baseline.graph, to);
  writeTargets(baseline.targets, to);
  to.i32(baseline.version);
  to.i32(baseline.capped);
  to.u16(baseline.progress.size);
  for (const progress of baseline.progress.values()) writeProgress(progress, to);
}

/** Reads what writeBaseline wrote. */
export function readBaseline(from: ByteReader): Baseline {
  const [dictionary, graph, targets] = [readNames(from), readGraph(from), readTargets(from)];
  const [version, capped] = [from.i32(), from.i32()];
  const all = Array.from({ length: from.u16() }, () => readProgress(from));
  const progress = new Map(all.map((one) => [one.workflow, one]));
  return {
    names: dictionary,
    graph,
    targets,
    progress,
    version,
    capped,
    cappedCounted: capped,
    memory: undefined,
    pen: undefined,
    denied: undefined,
    builds: undefined,
    contracts: undefined,
  };
}

function writeProgress(progress: LearningProgress, to: ByteWriter): void {
  to.u16(progress.workflow);
  to.i32(progress.root);
  to.u8(MODES.indexOf(progress.mode) | (progress.isLate ? LATE : 0));
  for (const count of [progress.sessions, progress.sensitiveOnce, progress.withheld]) to.i32(count);
  to.numbers(progress.units);
}

function readProgress(from: ByteReader): LearningProgress {
  const [workflow, root, flags] = [from.u16(), from.i32(), from.u8()];
  const [sessions, sensitiveOnce, withheld] = [from.i32(), from.i32(), from.i32()];
  const mode = MODES[flags & (LATE - 1)] ?? "learning";
  const isLate = (flags & LATE) !== 0;
  return { workflow, root, mode, sessions, units: from.numbers(), sensitiveOnce, withheld, isLate };
}
