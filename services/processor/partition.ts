/**
 * One partition of `events`: the loop around the fold. Read, load, fold, send, commit.
 *
 * Delivery: findings are appended before the state is committed, and the position is written last. A crash in between
 * makes the same findings again, with the same ids and origins, and receivers skip them. So every accepted event is
 * folded, no finding is lost, and none counts twice. The hole: a finding may stand in the stream `findings` more than
 * once, and a reader that looks at neither id nor origin sees it again.
 */
import { agentHigh, agentLow, DetectorFailure } from "../../detectors/fold.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { decodeAgent, groupOf, type WorkingSet, workingSet } from "../../detectors/working-set.ts";
import type { EventScanner } from "../../schemas/event-scanner.ts";
import { type EventColumns, EventView, eventColumns, TEXT } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { Judge } from "../judge.ts";
import type { Clock } from "../ports/clock.ts";
import type { Lease, Store } from "../ports/store.ts";
import { type NewRecord, partitionOf, type RecordBatch, type Stream } from "../ports/stream.ts";
import { changesOf, forgetIdle, readSkips, SPACE, type Skips } from "./commit.ts";
import { commitDuration, eventsTotal, unreadableTotal } from "./metrics.ts";
import { letterOf, readEvent } from "./read-event.ts";

export interface PartitionOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly judge: Judge;
  readonly scanner: EventScanner;
  readonly commitIntervalMs: number;
  /** Agents held in memory for this partition. */
  readonly maxAgents: number;
}

/** Events read, loaded and folded together. */
const STRETCH = 512;
/** Agents in one chunk of a commit. */
const CHUNK = 2000;
/** The commit interval stretches, up to so many times, to keep commits to a tenth of the time. */
const MOST_STRETCHED = 10;

export type Partition = Awaited<ReturnType<typeof openPartition>>;

interface State extends PartitionOptions {
  readonly partition: number;
  readonly lease: Lease;
  readonly columns: EventColumns;
  set: WorkingSet;
  /** Position of the next event to fold, and of the last commit. */
  position: number;
  committed: number;
  /** Detectors that are left out at an event because they threw there; committed with the state. */
  readonly skips: Skips;
  committedAtMs: number;
  commitMs: number;
  stretch: number;
}

/** Takes the partition over and goes on where its last commit ended. */
export async function openPartition(partition: number, options: PartitionOptions) {
  const lease = await options.store.acquire(SPACE, partition);
  const position = await options.store.position(SPACE, partition);
  const state: State = {
    ...options,
    partition,
    lease,
    columns: eventColumns(STRETCH),
    set: workingSet(),
    position,
    committed: position,
    skips: await readSkips(options.store, partition),
    committedAtMs: options.clock.now(),
    commitMs: 0,
    stretch: 0,
  };
  const inTurn = turns();
  return {
    partition,
    /** Position of the next event to fold. */
    position: () => state.position,
    /** Folds a batch; findings are durable when it resolves, and the state is committed if its time has come. */
    batch: (batch: RecordBatch) => inTurn(() => absorb(state, batch)),
    /** Commits what has changed if its time has come, or at once. */
    commit: (atOnce: boolean) => inTurn(() => commit(state, atOnce)),
  };
}

/** Lets the steps of a partition follow one another: batches and commits never overlap. */
function turns() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(act: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(act);
    last = turn.catch(() => undefined);
    return turn;
  };
}

async function absorb(state: State, batch: RecordBatch): Promise<void> {
  for (let from = 0; from < batch.count; from += STRETCH) {
    const to = Math.min(batch.count, from + STRETCH);
    const out: NewRecord[] = [];
    const readable = readStretch(state, batch, from, to, out);
    await loadAgents(state, readable);
    const failure = foldStretch(state, batch, from, readable, out);
    if (failure !== undefined) return startOver(state, failure);
    if (out.length > 0) await state.stream.append(out);
    state.position = (batch.positions[to - 1] ?? state.position) + 1;
    eventsTotal.add(to - from);
  }
  await commit(state, false);
}

/** Reads events into the columns; what cannot be read becomes a dead letter. Answers the slots that hold one. */
function readStretch(state: State, batch: RecordBatch, from: number, to: number, out: NewRecord[]): number[] {
  const readable: number[] = [];
  for (let at = from; at < to; at++) {
    if (batch.positions[at]! < state.position) continue;
    const problem = readEvent(state.scanner, batch, at, state.columns, at - from);
    if (problem === undefined) readable.push(at - from);
    else {
      unreadableTotal.add(1);
      out.push(letterOf(batch, at, problem, state));
    }
  }
  return readable;
}

async function loadAgents(state: State, slots: readonly number[]): Promise<void> {
  const { set, store, partition, judge } = state;
  const view = new EventView(state.columns);
  const missing = new Set<string>();
  for (const slot of slots) {
    const event = view.move(slot);
    if (event.has(TEXT.agent) && set.agents.get(agentLow(event), agentHigh(event)) === undefined)
      missing.add(groupOf(event.text(TEXT.tenant), event.text(TEXT.agent)));
  }
  if (missing.size === 0) return;
  for (const entries of (await store.load(SPACE, partition, [...missing])).values())
    decodeAgent(entries, DETECTORS, judge.detectorSettings, set);
}

function foldStretch(state: State, batch: RecordBatch, from: number, slots: readonly number[], out: NewRecord[]): Failure | undefined {
  const view = new EventView(state.columns);
  for (const slot of slots) {
    const position = batch.positions[from + slot]!;
    const findings = outOf(state, position, out);
    try {
      state.judge.fold.step(state.set, view.move(slot), position, findings, state.skips.get(position));
    } catch (error) {
      if (!(error instanceof DetectorFailure)) throw error;
      return { position, end: batch.positions[batch.count - 1]! + 1, error, line: view.line() };
    }
  }
  return undefined;
}

/** Where the findings of the event at a position go. */
function outOf({ partition, stream }: State, position: number, out: NewRecord[]) {
  let index = 0;
  return (finding: Finding) => {
    const record: Derived<Finding> = { origin: { stage: "processor", partition, position, index: index++ }, value: finding };
    const to = partitionOf(groupOf(finding.tenant, finding.agent), stream.partitions);
    out.push({ stream: "findings", partition: to, value: Buffer.from(JSON.stringify(record)) });
  };
}

interface Failure {
  readonly position: number;
  /** End of the batch in hand. */
  readonly end: number;
  readonly error: DetectorFailure;
  readonly line: string;
}

/** A detector has thrown: back to the last commit, and on from there without that detector at that event. */
async function startOver(state: State, { position, end, error, line }: Failure): Promise<void> {
  const { stream, partition, skips } = state;
  skips.set(position, new Set([...(skips.get(position) ?? []), error.detector]));
  const message = `${error.message}: ${(error.cause as Error).message}`;
  await stream.append([letterOf({ bytes: Buffer.from(line), partition }, 0, { code: "internal", message }, state)]);
  state.set = workingSet();
  state.position = state.committed;
  for await (const batch of stream.read("events", partition, state.committed)) {
    if (batch.positions[0]! >= end) return;
    await absorb(state, batch);
  }
}

async function commit(state: State, atOnce: boolean): Promise<void> {
  const { set, clock } = state;
  const started = clock.now();
  const interval = Math.min(MOST_STRETCHED * state.commitIntervalMs, Math.max(state.commitIntervalMs, state.commitMs * 10));
  if (state.position === state.committed || (!atOnce && started - state.committedAtMs < interval)) return;
  const changed = set.changed;
  const changes = changesOf(changed, state.skips);
  const chunks = Array.from({ length: Math.ceil(changes.length / CHUNK) }, (_, at) => changes.slice(at * CHUNK, (at + 1) * CHUNK));
  await state.store.commit(state.lease, chunks, state.position);
  state.stretch++;
  for (const agent of changed) {
    agent.changed = false;
    agent.touched = state.stretch;
  }
  set.changed = [];
  forgetIdle(set, state.maxAgents);
  state.committed = state.position;
  state.committedAtMs = clock.now();
  state.commitMs = state.committedAtMs - started;
  commitDuration.record(state.commitMs / 1000);
}
