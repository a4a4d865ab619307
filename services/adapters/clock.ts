import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../ports/clock.ts";

/** The clock of this machine. */
export const clock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    // Ending early is what the signal is for.
    await wait(ms, undefined, signal ? { signal } : {}).catch(() => {});
  },
};
