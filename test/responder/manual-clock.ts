/** A clock that only moves when the test says so. */
import type { Clock } from "../../services/ports/clock.ts";

export interface ManualClock extends Clock {
  /** Moves the time and wakes everyone who is due. */
  advance(ms: number): void;
  /** How many sleep. */
  sleeping(): number;
  /** Resolves when somebody sleeps. */
  asleep(): Promise<void>;
}

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

export function manualClock(startMs = Date.parse("2026-11-22T10:00:00Z")): ManualClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  let onSleep = Promise.withResolvers<void>();
  return {
    now: () => nowMs,
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const sleeper = { untilMs: nowMs + ms, wake: resolve };
      sleepers.add(sleeper);
      signal?.addEventListener("abort", () => resolve(), { once: true });
      onSleep.resolve();
      return promise.finally(() => sleepers.delete(sleeper));
    },
    advance(ms) {
      nowMs += ms;
      const due = [...sleepers].filter(({ untilMs }) => untilMs <= nowMs);
      for (const sleeper of due) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
    sleeping: () => sleepers.size,
    async asleep() {
      if (sleepers.size > 0) return;
      onSleep = Promise.withResolvers<void>();
      await onSleep.promise;
    },
  };
}
