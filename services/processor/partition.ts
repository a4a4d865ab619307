/** One partition of `events`: taken over where its last commit ended, and kept until it is revoked. */
import { ByteWriter } from "../../detectors/codec.ts";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { hasCode, OffgraphError } from "../../schemas/errors.ts";
import { eventColumns } from "../../schemas/event-view.ts";
import { clockOf } from "../group-versions.ts";
import { inTurn } from "../in-turn.ts";
import type { RecordBatch } from "../ports/stream.ts";
import { commit } from "./commit.ts";
import { gather } from "./gather.ts";
import { takeBatch } from "./process.ts";
import { readSkips } from "./skips.ts";
import { MAX_EVENTS_LOADING, type ProcessorPartitionOptions, SPACE, type State } from "./state.ts";

/** A partition that this process owns. */
export type ProcessorPartition = Awaited<ReturnType<typeof openProcessorPartition>>;

/** Takes the partition over and goes on where its last commit ended. */
export async function openProcessorPartition(partition: number, options: ProcessorPartitionOptions) {
  const lease = await options.store.acquire(SPACE, partition);
  const position = await options.store.position(SPACE, partition);
  const clockMs = options.usesPeers ? await clockOf(options.store, SPACE, partition) : 0;
  const queue = inTurn();
  const state: State = {
    ...options,
    partition,
    lease,
    columns: eventColumns(MAX_EVENTS_LOADING),
    set: workingSet(DETECTORS),
    gathering: undefined,
    clockMs,
    committedClockMs: clockMs,
    position,
    committed: position,
    skips: await readSkips(options.store, partition),
    committedAtMs: options.clock.now(),
    commitMs: 0,
    commits: 0,
    committing: undefined,
    writer: new ByteWriter(),
    inTurn: queue,
    failure: undefined,
  };
  gather(state);
  return {
    partition,
    /** Position of the next event to fold. */
    position: () => state.position,
    /** Largest event time that was committed, in ms since 1970; 0 if agents are not judged by their peers. */
    clockMs: () => state.committedClockMs,
    /** Folds a batch; findings are durable when it resolves, and the state is committed if its time has come. */
    batch: (batch: RecordBatch) => queue(() => take(state, batch)),
    /** Brings no more agents into memory than events need. */
    endGathering: () => {
      state.gathering = undefined;
    },
    /** Commits what has changed if its time has come, or at once. */
    commit: (atOnce: boolean) => queue(() => orForget(state, () => commit(state, atOnce))),
  };
}

async function take(state: State, batch: RecordBatch): Promise<void> {
  const { failure, partition } = state;
  if (hasCode(failure, "fenced")) throw failure;
  if (failure !== undefined)
    throw new OffgraphError("internal", `events/${partition} has failed: open it again`, { cause: failure });
  await orForget(state, () => takeBatch(state, batch));
}

/**
 * A batch or commit that fails takes what was folded since the last commit along: its findings may never have been appended,
 * so nothing of it may be committed. Whoever opens the partition next folds those events again.
 */
async function orForget(state: State, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    state.failure = error;
    state.set = workingSet(DETECTORS);
    state.committing = undefined;
    state.position = state.committed;
    state.clockMs = state.committedClockMs;
    throw error;
  }
}
