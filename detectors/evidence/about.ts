/** What a person needs to know of findings that rest on scores; part of the page of out-of-graph. */
import type { About } from "../detector.ts";
import { LOWEST_THRESHOLD } from "./limits.ts";

/** Spoken of only with `evidence: on`. */
export const aboutEvidence = {
  kinds: {
    "unlikely-session": {
      severity: "medium",
      evidence: "statistical",
      fires:
        "`evidence` is on, and the score of a session's worst call is above what the promised share of this agent's clean sessions reach; once a session, and not if a named fact was told of it",
      silencedBy:
        "the score staying below the threshold of its tier, the day's budget of false alerts being spent, or too few sessions to calibrate it: `offgraph agents ID` says which",
      tags: ["out-of-graph-access"],
    },
    "unlikely-run-of-sessions": {
      severity: "medium",
      evidence: "statistical",
      fires:
        "`evidence` is on, and sessions that are each a little unlikely, none above its threshold, add up to more than clean sessions do",
      silencedBy:
        "sessions in between that are as usual: what adds up sinks with each of them, and begins anew at 0",
      tags: ["out-of-graph-access"],
    },
  },
  formulas: [
    "score of a call = bias + sum of weight * term, in log-odds; of a session: that of its worst call (`evidence.terms` names each term with its points)",
    `p = (1 + scores at least as high)/(n + 1), from at most 512 scores of the agent's newest sessions, frozen each day; with several trust units p = 1.4 * the lowest that is left when any one of them is left out; no threshold below ${LOWEST_THRESHOLD / 1000} points`,
    "budget: each session that is judged costs what was promised of it, k/N at most 5 % (k = `falseAlertsPerAgentDay`, N = sessions a day as forecast: an average over days, each of which counts for at most twice what was forecast, so that a flood raises N by at most a quarter a day), for tiers 0, 1, 2 of its worst call 15, 30 and 45 % of that, and 10 % for runs; judging stops when k is spent, and at 3/4 of it for one trust unit",
    "peers: what an operation or value that is new to the agent adds is lessened by the share of witnesses of its group (agent.group; without one its tenant) that know it, an operation also by how little is known of the agent itself; nothing is ever made stranger",
    "an agent with too few scores of its own is judged from its second day and fifth session on by those of its group, at most 64 agents and 1,024 scores, no trust unit with more than all others together; and only above its own newest 19, so that at most 1/(K + 1) of its sessions are told after K of them even if it is not like its peers",
    "a group's version stands for the end of a day and takes effect two days later; it needs three agents and two trust units, and knows what two witnesses know: agents of several trust units, and different trust units of the others",
    "runs: e = mean of kappa p^(kappa-1) over kappa = 0.1, 0.25, 0.5, 0.75; W = max(W, 0) + ln e; told at ln A, A = 1,000 sessions or more",
    "a session calibrates by the score it has as long as no named fact is told of it; one that is told of by its score does too, but where there is only one trust unit no higher than the highest score of the day before",
  ],
  blindSpots: [
    "scores: an agent with fewer than 19 sessions after learning (27 besides those of any one trust unit) is not judged by them, unless it has peers that are, nor are sessions beyond the day's budget; both are counted",
    "peers: what two compromised agents, or trust units, of a group have learned is less strange of a third",
    "scores: an attack that looks like what clean sessions do now and then stays below the threshold",
  ],
  falsePositives: ["scores: as many as `falseAlertsPerAgentDay` says are expected"],
  runbook: [
    "Of a score, read `evidence.terms`, the largest first: is the new party, wording or operation what the task asked for?",
  ],
  references: [
    "V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a Random World, Springer 2005",
    "J. Shin, A. Ramdas, A. Rinaldo, E-detectors: A Nonparametric Framework for Sequential Change Detection, NEJSDS 2024",
  ],
} as const satisfies Omit<About, "title" | "summary">;
