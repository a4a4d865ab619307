/** Events of one source that wait for earlier ones, whichever of its partitions they come from. */
import type { Quick } from "../quick.ts";
import { inOrder } from "../ready.ts";

/** An event that waits. */
export interface Waiting<Batch> {
  readonly event: Quick;
  readonly tenant: string;
  /** What it came in. */
  readonly batch: Batch;
}

interface Order<Batch> {
  put(one: Waiting<Batch>): void;
  /** Takes what lies before a time, in order, at most so many. */
  take(beforeMs: number, most: number): Waiting<Batch>[];
  /** Takes everything that came in these, in order. */
  takeFrom(isOne: (batch: Batch) => boolean): Waiting<Batch>[];
  isEmpty(): boolean;
}

/** By time, then causes before effects, then id, as everywhere. */
export function openOrder<Batch>(): Order<Batch> {
  let waiting: Waiting<Batch>[] = [];
  let isSorted = true;
  let earliestMs = Number.POSITIVE_INFINITY;
  /** What comes is nearly in order, which costs little to sort. */
  const sort = () => {
    if (!isSorted) waiting.sort((a, b) => inOrder(a.event.ready, b.event.ready));
    isSorted = true;
  };
  const keep = (rest: Waiting<Batch>[]) => {
    waiting = rest;
    earliestMs = rest[0]?.event.ready.timeMs ?? Number.POSITIVE_INFINITY;
  };
  return {
    put(one) {
      earliestMs = Math.min(earliestMs, one.event.ready.timeMs);
      waiting.push(one);
      isSorted = false;
    },
    take(beforeMs, most) {
      if (earliestMs >= beforeMs) return [];
      sort();
      const found = waiting.findIndex(({ event }, at) => at === most || event.ready.timeMs >= beforeMs);
      const end = found < 0 ? waiting.length : found;
      const taken = waiting.slice(0, end);
      keep(waiting.slice(end));
      return taken;
    },
    takeFrom(isOne) {
      sort();
      const taken = waiting.filter(({ batch }) => isOne(batch));
      keep(waiting.filter(({ batch }) => !isOne(batch)));
      return taken;
    },
    isEmpty: () => waiting.length === 0,
  };
}
