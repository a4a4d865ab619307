/** A session whose calls are refused again and again: somebody tries doors. */
import { z } from "zod";
import { nothing, nothingOfTokens } from "../../../detectors/codec.ts";
import type { Detector } from "../../../detectors/detector.ts";

const Settings = z.strictObject({
  calls: z.int().min(2).default(5).describe("Refused calls in a row. Higher: later, and quieter."),
});

interface Streak {
  refused: number;
}

export const deniedStreak: Detector<z.infer<typeof Settings>, undefined, Streak> = {
  id: "denied-streak",
  version: 1,
  about: {
    title: "A session that is refused again and again",
    summary:
      "An agent that was hijacked, or lost its way, tries what it may not do. This counts refusals in a row.",
    kinds: {
      "refused-in-a-row": {
        severity: "low",
        evidence: "fact",
        fires: "`calls` calls in a row are denied within one session",
        silencedBy: "one call that is not denied in between",
        tags: ["out-of-graph-access"],
      },
    },
    formulas: ["refused = refused + 1 when denied, else 0; fires when refused = calls"],
    blindSpots: ["one allowed call between two refusals"],
    falsePositives: ["a role that lost a right it needs"],
    runbook: [
      "List the session's calls in the hour before `time`: which right is missing, and since when?",
      "If the role has lost a right it needs: give it back, and the streak ends.",
      "If nobody knows the calls: treat the session as hijacked, quarantine the agent and revoke its tokens.",
    ],
    references: ["https://attack.mitre.org/techniques/T1580/"],
  },
  settings: Settings,
  on: ["api.called"],
  hearsLate: false,
  columns: {
    agent: nothing,
    session: {
      start: () => ({ refused: 0 }),
      write: (streak, to) => to.u16(streak.refused),
      read: (from) => ({ refused: from.u16() }),
    },
    token: nothingOfTokens,
  },

  step(rows, event, settings, out) {
    const streak = rows.own.session;
    streak.refused = event.denied ? Math.min(streak.refused + 1, 65_535) : 0;
    if (streak.refused !== settings.calls) return;
    out.finding({
      kind: "refused-in-a-row",
      summary: `${streak.refused} calls in a row were refused.`,
      expected: `fewer than ${settings.calls} refusals without an allowed call between them`,
      evidence: { refused: streak.refused },
    });
  },
};
