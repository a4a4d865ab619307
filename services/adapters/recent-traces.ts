/**
 * Traces of the newest records, in memory: the embedded log has no place for them beside the values, and whoever reads it is in
 * this process and only a moment behind. What is read later, or after a restart, begins a trace of its own.
 */
import type { NewRecord } from "../ports/stream.ts";

/** Records side by side with the same trace. */
interface Stretch {
  readonly first: number;
  end: number;
  readonly trace: string;
}

/** Stretches that are kept of a partition at least; twice as many at most. */
const KEPT = 500;

export class RecentTraces {
  readonly #stretches = new Map<string, Stretch[]>();

  /** Takes note of records that are appended one after the other from position `first` on. */
  note(place: string, first: number, records: readonly NewRecord[]): void {
    let position = first;
    for (const { trace } of records) {
      if (trace !== undefined) this.#add(place, position, trace);
      position++;
    }
  }

  /** The trace of the record at a position, if it is still known. */
  at(place: string, position: number): string | undefined {
    const stretch = this.#stretches.get(place)?.findLast(({ first }) => first <= position);
    return stretch !== undefined && position < stretch.end ? stretch.trace : undefined;
  }

  #add(place: string, position: number, trace: string): void {
    const own = this.#stretches.get(place) ?? [];
    const last = own.at(-1);
    if (last?.trace === trace && last.end === position) last.end++;
    else if (own.push({ first: position, end: position + 1, trace }) > 2 * KEPT) own.splice(0, KEPT);
    this.#stretches.set(place, own);
  }
}
