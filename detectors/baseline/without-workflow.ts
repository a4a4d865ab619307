/** What is lost where sessions declare no workflow. */
import type { Baseline } from "./baseline.ts";

/** How many of an agent's sessions declared no workflow, what that costs, and how to send one; in readable form. */
export function withoutWorkflowView(baseline: Baseline) {
  const all = baseline.progress.get(0)?.sessions ?? 0;
  let declared = 0;
  for (const { workflow, sessions } of baseline.progress.values()) if (workflow !== 0) declared += sessions;
  const sessions = Math.max(0, all - declared);
  return {
    sessions,
    share: all === 0 ? 0 : Number((sessions / all).toFixed(4)),
    lost: sessions === 0 ? "nothing" : LOST,
    change:
      sessions === 0
        ? "nothing"
        : "send `workflow`, the task that the session was begun for, with each event",
  };
}

const LOST =
  "these sessions are judged by what the agent as a whole does: an operation that only another of its workflows uses is not told, longer orders of operations are mixed, and wording and codes are compared with those of all tasks";
