/** A token that turns up where, when or with whom it should not. */

import { EVENT_KINDS } from "../schemas/event.ts";
import { nothing } from "./codec.ts";
import type { Detector } from "./detector.ts";
import { agentColumns, type ReuseColumns, tokenColumns } from "./token-reuse/columns.ts";
import { countReached } from "./token-reuse/fan-out.ts";
import { takePlace } from "./token-reuse/places.ts";
import { TokenReuseSettings } from "./token-reuse/settings.ts";
import { judgeEarlierUses, takeUse } from "./token-reuse/uses.ts";

const CALLED = EVENT_KINDS.indexOf("api.called");

export const tokenReuse: Detector<TokenReuseSettings, ReuseColumns, undefined> = {
  id: "token-reuse",
  version: 1,
  about: {
    title: "A token used where, when or by whom it should not be",
    cause: "token-misuse",
    summary:
      "A stolen token is valid; what gives it away is a service it was not made for, a use after its end, or two places at once.",
    kinds: {
      "audience-mismatch": {
        severity: "critical",
        evidence: "invariant",
        fires: "a service that is not in the token's audience accepts it (RFC 9068 section 4, RFC 8707)",
        silencedBy: "the service being in `aud`, or an alias for it in the settings",
        tags: ["token-theft"],
      },
      "audience-probe": {
        severity: "low",
        evidence: "invariant",
        fires: "a service that is not in the token's audience is called with it and refuses",
        silencedBy: "the service being in `aud`, or an alias for it in the settings",
        tags: ["token-theft"],
      },
      "use-after-expiry": {
        severity: "high",
        evidence: "invariant",
        fires: "a service accepts a token more than skewMs after its `exp` (RFC 7519 section 4.1.4)",
        silencedBy: "the service refusing it, or the use lying within the skew",
        tags: ["token-after-end"],
      },
      "use-after-revocation": {
        severity: "critical",
        evidence: "invariant",
        fires: "a service accepts a token more than propagationMs after it was revoked (RFC 7009)",
        silencedBy: "the service refusing it, or the use lying within the propagation time",
        tags: ["token-after-end"],
      },
      "used-in-two-places": {
        severity: "high",
        evidence: "fact",
        fires:
          "one token is used from place A, then B, then A again within alternationMs: one switch may be a move, a return cannot",
        silencedBy:
          "all uses coming from one workload and network, or a provider's own calls, which have no place",
        tags: ["token-theft"],
      },
      "service-fan-out": {
        severity: "medium",
        evidence: "fact",
        fires:
          "an audience-restricted token reaches more than twice as many services as any of the agent's earlier tokens, and at least fanOutFloor",
        silencedBy: "an earlier token of the agent having reached half as many",
        tags: ["token-theft"],
      },
    },
    formulas: [
      "place = (node, else instance; ASN, else address); A-B-A within min(lifetime, alternationMs)",
      "after expiry: t > exp + skewMs; after revocation: t > revokedAt + propagationMs; both judged in either order of arrival",
      "fan-out: F > 2 max(F of at least fanOutMinTokens finished tokens) and F >= fanOutFloor",
    ],
    blindSpots: [
      "a thief behind the same node and network as the owner",
      "a token whose audience is not reported, for mismatch and fan-out",
      "uses by a thief only after the owner has stopped (no return to A)",
      "a token issued under a family or grant after that was revoked, and families and grants beyond an agent's newest 64 revoked",
      "of the uses before a revocation that is reported late only the newest accepted one is remembered, to within a minute",
    ],
    falsePositives: [
      "two egress networks behind one workload when no node or instance is reported (then the severity is medium)",
      "service names that differ from audience names: set `aliases`",
    ],
    runbook: [
      "Read `evidence.places` or `evidence.service`: do you own both?",
      "List the token's uses in the ten minutes around `time`: which operations came from the second place?",
      "Revoke the token at its issuer, then look where it could have been read (logs, prompts, tool output) in the hour before.",
    ],
    references: [
      "https://www.rfc-editor.org/rfc/rfc9700 (OAuth 2.0 Security Best Current Practice)",
      "https://www.rfc-editor.org/rfc/rfc7009",
      "https://netflixtechblog.com/netflix-cloud-security-detecting-credential-compromise-in-aws-9493d6fd373a",
    ],
  },
  settings: TokenReuseSettings,
  on: ["api.called", "token.issued", "token.exchanged", "token.refreshed", "token.revoked"],
  hearsLate: true,
  columns: { agent: agentColumns, session: nothing, token: tokenColumns },

  step({ token, own }, event, settings, out) {
    if (token === undefined) return;
    if (event.kindIndex !== CALLED) return judgeEarlierUses({ token, own, event, settings, out });
    takeUse(token, own, event, settings, out);
    takePlace(token, own, event, settings, out);
  },

  tokenEnded(_agent, own, token, ownToken) {
    countReached(own, token, ownToken);
  },
};
