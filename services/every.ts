/** Work that the owners of partitions do by the clock. */
import type { Clock } from "./ports/clock.ts";
import { unlessFenced } from "./take-over.ts";

/**
 * Does the work after each interval, until the signal. An owner that is fenced has been followed by another one, who does the work
 * in its place; every other error ends it.
 */
export async function every(
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal);
    if (!signal.aborted) await work().catch(unlessFenced);
  }
}
