/**
 * Yesterday's events through the very same fold, in memory. It has no stream, no store of the system's and no way to
 * act: what it is given are events, and all it gives back are findings.
 */
import { decodeAgent, encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { agentHigh, agentLow } from "../../detectors/fold/agents.ts";
import type { OnScored } from "../../detectors/fold/hearing.ts";
import { forget, type WorkingSet, workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { PairMap } from "../../detectors/stats/pair-map.ts";
import { EventView, eventColumns, TEXT } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Settings } from "../../schemas/settings.ts";
import { usesPeers } from "../group-versions.ts";
import { createJudge, type Judge } from "../judge.ts";
import type { Recorded } from "../ports/recorded.ts";
import type { Entries } from "../ports/store.ts";
import { addUp, type PeerGroups, peerGroups } from "./peers.ts";

/** What is replayed, and who is told of it. */
export interface ReplayOptions {
  /** Merged by event time. */
  readonly inputs: readonly Recorded[];
  /** Folded first, in silence. */
  readonly learn?: readonly Recorded[];
  /** `learn` is known to be good: all of it is learned from, whatever would be found. Its end is the end of learning. */
  readonly learnsNoMore?: boolean;
  /** Agents to begin with: their stored entries, as `baseline export` writes them. */
  readonly baseline?: Iterable<Entries>;
  readonly settings: Pick<Settings, "detectors" | "processor">;
  /** Name of the key that secrets were hashed with. */
  readonly keyName: string;
  onFinding(finding: Finding): void;
  /** Told the score of each call of `inputs`, if the evidence is switched on. */
  readonly onScored?: OnScored | undefined;
  readonly onProgress?: ((doneBytes: number, totalBytes: number, events: number) => void) | undefined;
}

/** How much was replayed. */
interface ReplayFigures {
  readonly events: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly late: number;
  readonly findings: number;
  readonly agents: number;
  readonly seconds: number;
}

/** Events between two looks at the clock of the terminal, and at how many agents are held. */
const STRETCH = 16_384;

/**
 * Folds the inputs to their end. What an input throws (a truncated file) ends the replay: `fault` then holds it, and the
 * figures say what was folded before.
 */
export async function replay(options: ReplayOptions): Promise<{ figures: ReplayFigures; fault?: unknown }> {
  const run = begin(options);
  const started = performance.now();
  let fault: unknown;
  try {
    await pour(run, options.learn ?? [], options.learnsNoMore ? undefined : () => undefined);
    if (options.learnsNoMore) settle(run);
    Object.assign(run.counts, NOTHING_COUNTED);
    run.reportAt = 0;
    run.isJudging = true;
    await pour(run, options.inputs, options.onFinding);
  } catch (error) {
    fault = error;
  }
  const rejected = options.inputs.reduce((sum, input) => sum + input.refused, 0);
  const figures = {
    ...run.counts,
    rejected,
    agents: run.set.agents.size + run.cold.size,
    seconds: (performance.now() - started) / 1000,
  };
  return fault === undefined ? { figures } : { figures, fault };
}

interface ReplayRun {
  readonly judge: Judge;
  readonly set: WorkingSet;
  /** Agents put aside, encoded, when more are known than may be held. */
  readonly cold: PairMap<Entries>;
  readonly counts: { events: number; duplicates: number; late: number; findings: number };
  readonly maxAgents: number;
  readonly peers: PeerGroups;
  readonly onProgress: ReplayOptions["onProgress"];
  /** Positions go on from learning to judging: an agent skips what lies at or below its own. */
  position: number;
  stretch: number;
  /** Number of events at which progress is told again. */
  reportAt: number;
  /** Learning is over. */
  isJudging: boolean;
}

const NOTHING_COUNTED = { events: 0, duplicates: 0, late: 0, findings: 0 };

function begin({ settings, keyName, baseline, onProgress, onScored }: ReplayOptions): ReplayRun {
  const listen: OnScored = (...scored) => {
    if (run.isJudging) onScored?.(...scored);
  };
  const peers = peerGroups(usesPeers(settings));
  const judge = createJudge(settings, keyName, onScored && listen, peers.book);
  const set = workingSet(DETECTORS);
  for (const entries of baseline ?? []) {
    const agent = decodeAgent(entries, DETECTORS, judge.detectorSettings, set)?.agent;
    // Positions of the system that exported it mean nothing here.
    if (agent !== undefined) agent.position = -1;
  }
  const counts = { ...NOTHING_COUNTED };
  const { maxAgents } = settings.processor;
  const begun = { position: 0, stretch: 0, reportAt: 0, isJudging: false };
  const run: ReplayRun = { judge, set, cold: new PairMap(), counts, maxAgents, peers, onProgress, ...begun };
  return run;
}

/** From here on nobody learns, so there is nothing more to add up. */
function settle({ judge, set, peers }: ReplayRun): void {
  judge.fold.settle(set);
  peers.dueMs = Number.POSITIVE_INFINITY;
}

type Emit = (finding: Finding) => void;

async function pour(run: ReplayRun, inputs: readonly Recorded[], onFinding: Emit | undefined): Promise<void> {
  const view = new EventView(eventColumns(0));
  const emit =
    onFinding &&
    ((finding: Finding) => {
      run.counts.findings++;
      onFinding(finding);
    });
  for (;;) {
    let waiting = 0;
    for (const input of inputs) if (!input.isReady() && (await input.fill())) waiting++;
    const merged = drain(run, inputs, view, emit);
    const isOver = merged === 0 && waiting === 0;
    if (isOver) run.reportAt = 0;
    report(run, inputs);
    if (isOver) return;
  }
}

/** Folds what can be folded without reading on: until some input has nothing to release. */
function drain(run: ReplayRun, inputs: readonly Recorded[], view: EventView, emit: Emit | undefined): number {
  let folded = 0;
  for (;;) {
    const input = earliest(inputs);
    if (input === undefined) return folded;
    const slot = input.take();
    view.columns = input.columns;
    foldOne(run, view.move(slot), emit);
    input.free(slot);
    folded++;
    if (inputs.length > 1 && !input.isReady()) return folded;
  }
}

function earliest(inputs: readonly Recorded[]): Recorded | undefined {
  if (inputs.length === 1) return inputs[0]?.isReady() ? inputs[0] : undefined;
  let first: Recorded | undefined;
  let time = Number.POSITIVE_INFINITY;
  for (const input of inputs) {
    const next = input.nextTime();
    if (next >= time) continue;
    first = input;
    time = next;
  }
  return first;
}

function foldOne(run: ReplayRun, event: EventView, emit: Emit | undefined): void {
  const { set, cold, counts } = run;
  if (cold.size > 0) thaw(run, event);
  if (event.time >= run.peers.dueMs) addUpPeers(run, event.time);
  const fate = run.judge.fold.step(set, event, run.position++, emit);
  counts.events++;
  if (fate === "duplicate") counts.duplicates++;
  else if (fate === "late") counts.late++;
  if ((run.position & (STRETCH - 1)) === 0) endStretch(run);
}

function addUpPeers({ peers, set, cold, judge: { detectorSettings } }: ReplayRun, timeMs: number): void {
  addUp(peers, timeMs, { set, cold: cold.values(), detectorSettings });
}

function endStretch(run: ReplayRun): void {
  const { set } = run;
  run.stretch++;
  for (const agent of set.changed) {
    agent.touched = run.stretch;
    agent.changed = false;
  }
  set.changed = [];
  if (set.agents.size > run.maxAgents) freeze(run);
}

/** Puts the half of the agents aside that was not seen for longest. */
function freeze({ set, cold }: ReplayRun): void {
  const agents = [...set.agents.values()].sort((a, b) => a.touched - b.touched || a.clock - b.clock);
  for (const agent of agents.slice(0, agents.length >> 1)) {
    cold.set(agent.low, agent.high, encodeAgent(agent, DETECTORS, set));
    forget(set, agent);
  }
}

function thaw({ set, cold, judge }: ReplayRun, event: EventView): void {
  if (!event.has(TEXT.agent)) return;
  const [low, high] = [agentLow(event), agentHigh(event)];
  const entries = cold.get(low, high);
  if (entries === undefined) return;
  decodeAgent(entries, DETECTORS, judge.detectorSettings, set);
  cold.delete(low, high);
}

function report(run: ReplayRun, inputs: readonly Recorded[]): void {
  if (run.onProgress === undefined || run.counts.events < run.reportAt) return;
  run.reportAt = run.counts.events + STRETCH;
  const progress = inputs.map((input) => input.progress());
  const sum = (name: "done" | "total") => progress.reduce((total, one) => total + one[name], 0);
  run.onProgress(sum("done"), sum("total"), run.counts.events);
}
