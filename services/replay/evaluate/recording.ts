/**
 * Recorded sessions held in memory, so that they are read once and played as often as a baseline is learned from some of
 * them and tried on others. They hold nothing but what a detector may see.
 */
import { EventScanner, hashKey } from "../../../schemas/event-scanner.ts";
import {
  eventColumns,
  FROM_OUTPUT,
  SOURCED,
  TARGET_ORIGINS,
  TEXT,
  TEXT_AT,
  TIME,
} from "../../../schemas/event-view.ts";
import type { Recorded } from "../../ports/recorded.ts";

/** One recorded session without its label. */
export interface RecordedSession {
  readonly id: string;
  readonly agent: string;
  readonly workflow: string | undefined;
  /** The build that ran, `<model>+<defence>`. */
  readonly version: string | undefined;
  readonly trustUnit: string | undefined;
  /** Its calls in order, as lines of our own form. */
  readonly lines: readonly Buffer[];
}

/** What detectors are told of a recording. */
export interface Told {
  readonly hasWorkflow: boolean;
  readonly hasProvenance: boolean;
  /** Key of the hashes of names. */
  readonly secret: Uint8Array;
}

/** Recordings have no true times: a session begins each minute, and its calls follow each other by at most 2 s. */
const START_MS = Date.parse("2026-01-01T00:00:00Z");
const SESSION_MS = 60_000;
const CALL_MS = 2000;

/** Plays sessions one after the other; `first` is the number of the first one, from which its time follows. */
export function played(sessions: readonly RecordedSession[], told: Told, first: number): Recorded {
  const scanner = new EventScanner(hashKey(told.secret));
  const columns = eventColumns(1);
  const total = sessions.reduce((sum, { lines }) => sum + lines.length, 0);
  let [session, call, done] = [0, 0, 0];
  const passOver = () => {
    while (session < sessions.length && call >= (sessions[session]?.lines.length ?? 0))
      [session, call] = [session + 1, 0];
  };
  const timeMs = () => {
    const spacingMs = Math.min(CALL_MS, SESSION_MS / (sessions[session]?.lines.length ?? 1));
    return START_MS + (first + session) * SESSION_MS + Math.floor(call * spacingMs);
  };
  passOver();
  return {
    columns,
    refused: 0,
    isReady: () => session < sessions.length,
    fill: () => Promise.resolve(session < sessions.length),
    nextTime: () => (session < sessions.length ? timeMs() : Number.POSITIVE_INFINITY),
    take() {
      const line = sessions[session]?.lines[call] ?? Buffer.alloc(0);
      if (!scanner.scan(line, 0, line.length, columns, 0, false))
        throw new Error(`the scanner cannot read what the door wrote: ${line}`);
      columns.times[TIME] = timeMs();
      hide(columns.numbers, told);
      makeNew(columns.numbers, first + session);
      call++;
      done++;
      passOver();
      return 0;
    },
    free: () => undefined,
    progress: () => ({ done, total }),
  };
}

const PLACE_OF_ID = TEXT_AT + TEXT.id * 4;
const PLACE_OF_WORKFLOW = TEXT_AT + TEXT.workflow * 4;

function hide(numbers: Int32Array, { hasWorkflow, hasProvenance }: Told): void {
  if (!hasWorkflow) numbers.fill(0, PLACE_OF_WORKFLOW, PLACE_OF_WORKFLOW + 4);
  if (!hasProvenance) for (const column of [TARGET_ORIGINS, SOURCED, FROM_OUTPUT]) numbers[column] = 0;
}

/** A session may be played again after it was learned from; its events are no repeats. */
function makeNew(numbers: Int32Array, ordinal: number): void {
  numbers[PLACE_OF_ID] = (numbers[PLACE_OF_ID] ?? 0) ^ Math.imul(ordinal + 1, 0x9e3779b1);
}
