/** When a failed delivery is tried again: the schedule that Standard Webhooks suggests. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Waits after the first, second ... failed attempt. */
const RETRY_AFTER_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;
/** Longest part that chance adds to a wait, so that receivers are not met by all deliveries at once. */
const JITTER = 0.2;

/** Milliseconds until the next attempt after `attempts` failed ones; undefined when there is none. `chance` is from 0 to 1. */
export function retryDelayMs(attempts: number, chance: number): number | undefined {
  const waitMs = RETRY_AFTER_MS[attempts - 1];
  return waitMs === undefined ? undefined : Math.round(waitMs * (1 + JITTER * chance));
}
