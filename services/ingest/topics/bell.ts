/** Lets those who wait for a change look again. */
import type { Clock } from "../../ports/clock.ts";

interface Bell {
  /** Something has changed. */
  ring(): void;
  /** Resolves at the next ring, or after `ms` if given. */
  wait(ms?: number): Promise<void>;
}

/** Nobody waits yet. */
export function openBell(clock: Clock): Bell {
  let next = Promise.withResolvers<void>();
  return {
    ring() {
      next.resolve();
      next = Promise.withResolvers();
    },
    async wait(ms) {
      if (ms === undefined) return next.promise;
      const over = new AbortController();
      await Promise.race([next.promise, clock.sleep(ms, over.signal)]);
      over.abort();
    },
  };
}
