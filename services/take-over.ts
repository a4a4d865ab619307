/** Who is fenced, and what several owners write: each acquires it first, so that of two who write at once one begins again. */
import { randomInt } from "node:crypto";
import { hasCode, OffgraphError } from "../schemas/errors.ts";
import type { Clock } from "./ports/clock.ts";

/** A try fails when another process has come in between. */
const MAX_TRIES = 100;

/**
 * Does it again for as long as somebody else was quicker, after a pause of some ms. Fails with `unavailable`, and never with
 * `fenced`, which would say that the caller's own partition is lost.
 */
export async function untilNotFenced<Result>(
  { sleep }: Pick<Clock, "sleep">,
  task: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await task();
    } catch (cause) {
      if (!hasCode(cause, "fenced")) throw cause;
      if (tries === MAX_TRIES)
        throw new OffgraphError("unavailable", `${MAX_TRIES} times another process was quicker`, { cause });
      // At random, or two would come in between each other for ever.
      await sleep(randomInt(1, 4 * tries + 2));
    }
  }
}

/** For `catch`: an owner that is fenced has been followed by another one, who does the work in its place. */
export function unlessFenced(error: unknown): void {
  if (!hasCode(error, "fenced")) throw error;
}
