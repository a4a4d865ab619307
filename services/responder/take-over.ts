/** What several owners write: each acquires it first, so that of two who write at once one is fenced and begins again. */
import { OffgraphError } from "../../schemas/errors.ts";

/** A try fails when another process has come in between. */
const MAX_TRIES = 100;

/** Does it again for as long as somebody else was quicker; `pause` lets the others finish first. */
export async function untilNotFenced<Result>(
  task: () => Promise<Result>,
  pause: (tries: number) => Promise<void> = async () => {},
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof OffgraphError) || error.code !== "fenced" || tries === MAX_TRIES) throw error;
      await pause(tries);
    }
  }
}
