/** A client that refreshes its token for ever. */
import type { EventView } from "../schemas/event-view.ts";
import { nothing, nothingOfTokens } from "./codec.ts";
import type { Detector, Out } from "./detector.ts";
import { agentColumns, type RefreshColumns } from "./refresh-storm/columns.ts";
import { judgeEarliness } from "./refresh-storm/earliness.ts";
import { beginToken, familyOf, type OwnRows } from "./refresh-storm/families.ts";
import { judgeFutility, noteUse } from "./refresh-storm/futility.ts";
import { judgeRate } from "./refresh-storm/rate.ts";
import { RefreshStormSettings } from "./refresh-storm/settings.ts";

export const refreshStorm: Detector<RefreshStormSettings, RefreshColumns, undefined> = {
  id: "refresh-storm",
  version: 1,
  about: {
    title: "A refresh loop",
    summary:
      "A client whose tokens are refused refreshes without end: it takes down its issuer, fills logs, and hides theft in noise. Three tests see it: refreshes that come far too early, refreshes that change nothing, and a rate the agent never had.",
    kinds: {
      "early-refresh-loop": {
        severity: "medium",
        evidence: "fact",
        fires:
          "refreshes of one family come so early in the token's life, so often, that at most one false alarm is expected in falseAlarmEvery refreshes (R1)",
        silencedBy: "refreshes after earlyShare of the lifetime",
        tags: ["refresh-storm"],
      },
      "futile-refresh-loop": {
        severity: "medium",
        evidence: "fact",
        fires:
          "futileCycles times in a row a refresh is followed by a refused use and the next refresh, each within a tenth of the token's lifetime (R2)",
        silencedBy: "one accepted use in between",
        tags: ["refresh-storm"],
      },
      "refresh-rate": {
        severity: "medium",
        evidence: "fact",
        fires:
          "the agent's refreshes a minute exceed its learned rate so far, so long, that at most one false alarm is expected in falseAlarmEvery minutes (R3)",
        silencedBy: "less than one full day of history, or a rate within the bursts that the agent has shown",
        tags: ["refresh-storm"],
      },
    },
    formulas: [
      "R1: a = (t - iat)/(exp - iat), early when a < earlyShare; W = max(W, 0) + ln(early ? q1/q : (1-q1)/(1-q)), q1 = 0.95, q = 0.5 after an early one, else 0.05; alarm at W >= ln A. A pure loop takes 1 + ceil((ln A - ln(q1/0.05))/ln(q1/0.5)) refreshes: 11 for A = 10^4",
      "R2: cycles refresh, refused (401, or a denial without status), refresh within lifetime/10",
      "R3: minutes, null NB(mean lambda, k0 = 1), lambda at least 0.2; W_m = max(W_m, 0) + n ln(m(k0+lambda)/(k0+m lambda)) + k0 ln((k0+lambda)/(k0+m lambda)) for m in 2, 4, 8, 16, 32; alarm when ln(mean of exp W_m) >= ln A; lambda moves by a tenth a day towards min(day, 1.25 lambda) and never beyond twice its first week",
    ],
    blindSpots: [
      "loops slower than one refresh in earlyShare of the lifetime, for R1",
      "tokens without issuedAt and expiresAt, for R1 and R2",
      "an agent's first day, for R3",
      "an event older than its agent's clock less latenessMs: it is not judged",
      "a storm spread over many agents, none of which refreshes too often: nothing judges it",
    ],
    falsePositives: [
      "clients that renew on every start, restarted in a crash loop",
      "several workers that share one refresh token",
    ],
    runbook: [
      "Read `evidence.refreshes` and `evidence.seconds`: is it still going on?",
      "Read the status of the calls between refreshes: 401 right after a fresh token points to the service's clock or key set, not to theft.",
      "Compare the client's clock with the issuer's: an hour ahead makes every token look expired.",
      "Throttle at the issuer (deny with Retry-After); do not revoke, because revoking makes the client authenticate again at once.",
    ],
    references: [
      "https://www.rfc-editor.org/rfc/rfc6749#section-6",
      "J. Shin, A. Ramdas, A. Rinaldo, E-detectors: a nonparametric framework for sequential change detection, NEJSDS 2023",
      "https://sre.google/sre-book/addressing-cascading-failures/",
    ],
  },
  settings: RefreshStormSettings,
  on: ["token.issued", "token.refreshed", "api.called"],
  hearsLate: false,
  columns: { agent: agentColumns, session: nothing, token: nothingOfTokens },

  step(rows, event, settings, out) {
    switch (event.kind) {
      case "api.called":
        return noteUse(rows, event);
      case "token.issued":
        return beginToken(rows, event);
      case "token.refreshed":
        return refresh(rows, event, settings, out);
      default:
        throw new Error(`refresh-storm does not hear ${event.kind}`);
    }
  },
};

function refresh(rows: OwnRows, event: EventView, settings: RefreshStormSettings, out: Out): void {
  const { own, token } = rows;
  judgeRate(own.agent.rate, event, settings, out);
  // A refresh that the issuer refused changes no token.
  if (event.denied) return;
  const family = familyOf(own.agent, token?.family, event);
  judgeEarliness(family, event, settings, out);
  judgeFutility(family, event, settings, out);
  beginToken(rows, event);
}
