/** Trying again, for a limited time. Every request of ours may come twice: what that means for commits stands in partition.ts. */
import { metrics } from "@opentelemetry/api";
import {
  ExponentialBackoff,
  handleWhen,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import type { RedisClient } from "./client.ts";
import { failure, isPassing, moreTelling } from "./faults.ts";
import { TIMEOUT_MS } from "./options.ts";

const retriesTotal = metrics.getMeter("offgraph").createCounter("offgraph_redis_retries_total", {
  description: "Requests to Redis that were tried again",
});

const MAX_DELAY_MS = 1000;

/** Runs a request until it succeeds, fails for good, or its time is over; it must not go on once the signal is aborted. */
export type RunRequest = <Result>(request: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;

/** Errors are those of faults.ts, and `OffgraphError`s of the request itself, which are never tried again. */
export function attempts({ place, lost, isClosed }: RedisClient, timeoutMs: number = TIMEOUT_MS): RunRequest {
  const backoff = new ExponentialBackoff({
    initialDelay: 10,
    maxDelay: Math.min(MAX_DELAY_MS, timeoutMs / 10),
  });
  return async (request) => {
    let last: unknown;
    const again = retry(
      handleWhen((error) => !isClosed() && isPassing(error, lost())),
      { maxAttempts: Number.MAX_SAFE_INTEGER, backoff },
    );
    again.onRetry(() => retriesTotal.add(1));
    const policy = wrap(timeout(timeoutMs, TimeoutStrategy.Aggressive), again);
    try {
      return await policy.execute(({ signal }) =>
        request(signal).catch((error: unknown) => {
          last = moreTelling(last, error);
          throw error;
        }),
      );
    } catch (error) {
      const reason = error instanceof TaskCancelledError ? (last ?? error) : error;
      throw failure(reason, { place, timeoutMs, lost: lost() });
    }
  };
}
