/**
 * How far the partitions of a source have come in event time: whose turn it is to read, and which events need not wait any
 * longer. A partition that is said to have more, and does not bring it, is waited for a second.
 */
import type { Clock } from "../../ports/clock.ts";

/** How long a partition is waited for. */
const PATIENCE_MS = 1000;

/** One partition, as far as the order goes. */
export interface Lane {
  /** Largest event time that it has brought. */
  clockMs: number;
  /** Whether there is more in it than it has brought; assumed until it is known. */
  isBehind: boolean;
  /** When it was last given time to bring something. */
  heardMs: number;
  /** It has brought a batch that is not in the order yet. */
  isHere: boolean;
}

export interface Lanes {
  /** A new partition. */
  join(): Lane;
  leave(lane: Lane): void;
  /** Whether it is the partition's turn to read on: none of the others is behind it by more than the lateness. */
  isTurnOf(lane: Lane): boolean;
  /** Notes that a partition has brought an event of this time. */
  brought(lane: Lane, timeMs: number): void;
  /** Events before this time need not wait. Infinity when nothing has come for as long as the lateness. */
  limitMs(): number;
  /** How long until the limit moves though nothing comes, in ms. */
  waitMs(): number;
}

/** Begins without partitions; `latenessMs` is that of the source. */
export function openLanes(latenessMs: number, clock: Clock): Lanes {
  const lanes = new Set<Lane>();
  let lastMs = Number.NEGATIVE_INFINITY;
  const expected = () => [...lanes].filter((lane) => isExpected(lane, clock.now()));
  return {
    join() {
      const clockMs = Number.NEGATIVE_INFINITY;
      const lane = { clockMs, isBehind: true, heardMs: clock.now(), isHere: false };
      lanes.add(lane);
      return lane;
    },
    leave: (lane) => void lanes.delete(lane),
    isTurnOf: (lane) => lane.clockMs <= slowest(expected().filter((other) => other !== lane)) + latenessMs,
    brought(lane, timeMs) {
      lane.clockMs = Math.max(lane.clockMs, timeMs);
      lastMs = clock.now();
    },
    limitMs() {
      const slow = expected();
      if (slow.length > 0) return slowest(slow) - latenessMs;
      if (clock.now() >= lastMs + latenessMs) return Number.POSITIVE_INFINITY;
      return Math.max(...Array.from(lanes, ({ clockMs }) => clockMs)) - latenessMs;
    },
    waitMs() {
      const nowMs = clock.now();
      const ends = expected().map(({ isHere, heardMs }) => (isHere ? nowMs : heardMs) + PATIENCE_MS);
      return Math.max(0, Math.min(...(ends.length > 0 ? ends : [lastMs + latenessMs])) - nowMs);
    },
  };
}

const slowest = (lanes: readonly Lane[]) => Math.min(...lanes.map(({ clockMs }) => clockMs));

const isExpected = ({ isHere, isBehind, heardMs }: Lane, nowMs: number) =>
  isHere || (isBehind && nowMs < heardMs + PATIENCE_MS);
