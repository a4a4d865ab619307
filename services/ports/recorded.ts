/** What replay asks of recorded telemetry: events in order, in columns, with refusals told apart. */
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { EventColumns } from "../../schemas/event-view.ts";

export interface Recorded {
  /** The columns that slots lie in; may be another object after `fill`. */
  readonly columns: EventColumns;
  /** Reads on until an event can be released or the end is reached. Answers false at the end, when nothing is left. */
  fill(): Promise<boolean>;
  /** Whether an event can be released before the next `fill`. */
  isReady(): boolean;
  /** Event time of the next event to be released; Infinity if there is none before the next `fill`. */
  nextTime(): number;
  /** Releases the next event: its slot, valid until `free`. */
  take(): number;
  free(slot: number): void;
  /** Bytes read and bytes in all, as stored; 0 of 0 if unknown. */
  progress(): { readonly done: number; readonly total: number };
  /** Records refused so far. */
  readonly refused: number;
}

/** A file of recorded telemetry. */
export interface RecordedInput extends Recorded {
  /** Events read so far. */
  readonly admitted: number;
}

/** Who is told of what cannot be read, and of what is left out. */
export interface RecordedOptions {
  readonly onRefused?: ((letter: DeadLetter) => void) | undefined;
  /** Fields of a line that no event has, and that were left out. */
  readonly onIgnored?: ((place: string, line: number, fields: readonly string[]) => void) | undefined;
}
