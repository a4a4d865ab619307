/** When a detector throws: back to the last commit, and on from there without that detector at that event. */
import type { DetectorFailure } from "../../detectors/fold/hearing.ts";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { RecordBatch } from "../ports/stream.ts";
import { letterOf } from "./dead-letter.ts";
import type { State } from "./state.ts";

/** Where a detector threw, and how far the batch in hand went. */
export interface Failure {
  readonly position: number;
  /** End of the batch in hand. */
  readonly end: number;
  readonly error: DetectorFailure;
  /** The event, as it stands in the log. */
  readonly line: string;
}

/** Folds again from the last commit to the end of the batch; `absorb` takes one batch. */
export async function startOver(
  state: State,
  failure: Failure,
  absorb: (state: State, batch: RecordBatch) => Promise<void>,
): Promise<void> {
  const { stream, partition } = state;
  await setAside(state, failure);
  // What the store has is where folding begins again.
  await state.committing?.written;
  state.committing = undefined;
  state.set = workingSet(DETECTORS);
  state.position = state.committed;
  state.clockMs = state.committedClockMs;
  for await (const batch of stream.read("events", partition, state.committed)) {
    if ((batch.positions[0] ?? failure.end) >= failure.end) return;
    await absorb(state, batch);
  }
}

/** Remembers the skip, and tells it in the dead letters. */
async function setAside(state: State, { position, error, line }: Failure): Promise<void> {
  const { skips, stream } = state;
  skips.set(position, new Set([...(skips.get(position) ?? []), error.detector]));
  const message = `${error.message}: ${error.cause instanceof Error ? error.cause.message : error.cause}`;
  await stream.append([letterOf(Buffer.from(line), position, { code: "internal", message }, state)]);
}
