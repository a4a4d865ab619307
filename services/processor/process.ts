/**
 * The loop around the fold: read, load, fold, send, and when it is time, commit.
 *
 * Delivery: findings are appended before the state is committed, and the position is written last. A crash in between
 * makes the same findings again, with the same ids and origins, and receivers skip them. So every accepted event is
 * folded, no finding is lost, and none counts twice. The hole: a finding may stand in the stream `findings` more than
 * once, and a reader that looks at neither id nor origin sees it again.
 */
import { DetectorFailure } from "../../detectors/fold/hearing.ts";
import { EventView } from "../../schemas/event-view.ts";
import type { NewRecord, RecordBatch } from "../ports/stream.ts";
import { commit } from "./commit.ts";
import { isWhole } from "./gather.ts";
import { loadAgentRows } from "./load.ts";
import { agentsFound, batchRecords, duplicatesTotal, eventsTotal, lateTotal } from "./metrics.ts";
import { positionAt, read } from "./read.ts";
import { collector, send } from "./send.ts";
import { type Failure, startOver } from "./start-over.ts";
import { MAX_EVENTS_IN_CACHE, MAX_EVENTS_LOADING, type State } from "./state.ts";
import { type BatchTraces, traceBatch } from "./traces.ts";

/** Takes a batch, one stretch of events at a time: so few that they are folded while they are in the processor's cache. */
export async function takeBatch(state: State, batch: RecordBatch): Promise<void> {
  batchRecords.record(batch.count);
  const traces = traceBatch(batch, state.clock.now());
  try {
    await takeTraced(state, batch, traces);
  } finally {
    traces.end();
  }
}

async function takeTraced(state: State, batch: RecordBatch, traces: BatchTraces): Promise<void> {
  const out: NewRecord[] = [];
  for (let from = 0, to = 0; from < batch.count; from = to) {
    to = Math.min(batch.count, from + stretchOf(state));
    const slots = read(state, batch, from, to, out);
    await loadAgentRows(state, slots);
    const known = state.set.agents.size;
    const failure = fold(state, batch, from, slots, { out, traces });
    const begun = state.set.agents.size - known;
    agentsFound.add(slots.length - begun, { in: "memory" });
    if (begun > 0) agentsFound.add(begun, { in: "nowhere" });
    if (failure !== undefined) return startOver(state, failure, takeBatch);
    state.position = positionAt(batch, to - 1) + 1;
  }
  await send(out, state);
  eventsTotal.add(batch.count);
  await commit(state, false);
}

/** As long as the store may have agents that memory lacks, they are loaded for many events together. */
const stretchOf = (state: State) => (isWhole(state) ? MAX_EVENTS_IN_CACHE : MAX_EVENTS_LOADING);

/** Folds the events in these slots. Answers where a detector threw, if one did. */
function fold(
  state: State,
  batch: RecordBatch,
  from: number,
  slots: readonly number[],
  { out, traces }: { readonly out: NewRecord[]; readonly traces: BatchTraces },
): Failure | undefined {
  const event = new EventView(state.columns);
  const { at, emit } = collector(out, state, event, traces);
  for (const slot of slots) {
    const position = positionAt(batch, from + slot);
    at(position);
    try {
      const without = state.skips.get(position);
      const fate = state.judge.fold.step(state.set, event.move(slot), position, emit, without);
      if (fate === "late") lateTotal.add(1);
      else if (fate === "duplicate") duplicatesTotal.add(1);
      else if (fate === "skipped" && event.time > state.clockMs) state.clockMs = event.time;
    } catch (error) {
      if (!(error instanceof DetectorFailure)) throw error;
      return { position, end: positionAt(batch, batch.count - 1) + 1, error, line: event.line() };
    }
  }
  return undefined;
}
