/** What a person needs to know of out-of-graph; its page is printed from this. */
import type { About } from "../detector.ts";
import { aboutEvidence } from "../evidence/about.ts";
import { tables } from "./measured.ts";

/** What out-of-graph sees, misses and asks of a person. */
export const about: About = {
  title: "An agent leaves the graph of its workflows",
  cause: "left-its-graph",
  summary:
    "A hijacked agent uses valid credentials for what it was not meant to do. This learns, for each agent and workflow, which operations are used, in which order and on which targets, and speaks when a writing, sending or administrative operation is not part of it. With `evidence: on` it also scores sessions by named terms, reads included, and tells the few whose score clean sessions seldom reach.",
  kinds: {
    "operation-new-to-workflow": {
      severity: "medium",
      evidence: "fact",
      fires:
        "a sensitive operation (tier 1 or 2) is used that is not in the baseline of the session's workflow",
      silencedBy: "the operation, once it is in the workflow's baseline: witnessed while it was learning",
      tags: ["out-of-graph-access"],
    },
    "operation-new-to-agent": {
      severity: "medium",
      evidence: "fact",
      fires:
        "a sensitive operation is used that is in no workflow of the agent, and the session's workflow is not declared, or is still learning and turned up after the agent had left learning",
      silencedBy: "the operation, once it is in the agent's baseline",
      tags: ["out-of-graph-access"],
    },
    "target-first-seen": {
      severity: "medium",
      evidence: "fact",
      fires:
        "a sensitive operation acts on an identifier (address, host, account ...) that is not in the baseline of a closed slot",
      silencedBy:
        "the value, once it is in the slot's baseline, or a slot that is open (5 % or more of its draws are new)",
      tags: ["out-of-graph-access"],
    },
    "operation-and-target-new": {
      severity: "high",
      evidence: "fact",
      fires:
        "a sensitive operation outside the baseline acts on an identifier that this agent was never seen to use in any slot that speaks",
      silencedBy: "the operation or the target, if either is in the baseline",
      tags: ["out-of-graph-access"],
    },
    "edge-denied": {
      severity: "high",
      evidence: "invariant",
      fires:
        "an operation, or a value of one of its fields, is used that a person has denied to the workflow or the agent; also while learning, and also by reading operations",
      silencedBy: "its approval: `offgraph baseline approve`",
      tags: ["out-of-graph-access"],
    },
    "outside-contract": {
      severity: "medium",
      evidence: "fact",
      fires:
        "an operation, or a value of a field that has allowed values, is used outside of what the agent's owner has signed as a closed contract; also while learning, low for tier 0 and high for tier 2",
      silencedBy:
        "a newer version of the contract that names it, or a person's approval of the operation in that workflow",
      tags: ["out-of-graph-access"],
    },
    ...aboutEvidence.kinds,
  },
  formulas: [
    "P_k(a|c) = max(n(c,a) - d_k, 0)/(N(c) + th_k) + esc_k(c) P_{k-1}(a|c'), orders 3 to 0, workflow over agent over 1/(V+1); d = 0.5, 0.7, 0.8, 0.85; th = 1, 0.5, 0.5, 0.5",
    "q = (N1 + 1)/(N + 2) for a slot of N draws, N1 values drawn once; closed when N >= 10 and q < 0.05; it speaks once values that wait for witnesses were in at most 5 % of its draws",
    "learning ends when, at every fourth session from minSessions on, neither (sensitive operations used by one session only)/(sessions) nor the share of sessions with a sensitive operation of too few witnesses is above maxNovelty; for the agent as a whole also only when at most a tenth of its sessions belong to workflows that are still learning",
    "an edge becomes baseline when min(units, witnesses) distinct trust units have used it in unflagged sessions; after learning also on two days and in `sessions` sessions, and never by itself if it is sensitive: then a person approves it, or a signed contract names it (setting `sensitive`)",
    "a session in which something was found is held, at most the newest 8 of an agent for `heldDays` days: released, it teaches as of its own day; confirmed, expired or crowded out, it never does",
    "a version that an event names for the first time is a child of the one that ran before: it knows what that one knows; what only it has used is known to it and its children until another version uses it in an unflagged session, or a person approves it. For `graceHours` or `graceSessions`, whichever ends first, its findings of tier 0 and 1 without a new party are told at low severity; at most four versions of an agent are graced at once, and eight remembered, for a week",
    "what a signed contract names is pinned until the contract ends, and then is what it was before, or what learning that ended meanwhile has made it",
    "edges of order 1 and above begin under contexts that two sessions have seen; where a workflow is declared, its own graph keeps orders 0 to 3 and the agent's orders 0 and 1",
    ...aboutEvidence.formulas,
  ],
  tables,
  blindSpots: [
    "an attack that uses only operations and targets of its own workflow (mimicry)",
    "a workflow that is still learning, except for values new to a closed slot, what a person has denied, what a closed contract leaves out, and, if the workflow turned up after the agent had left learning, operations that the whole agent never used",
    "reads: a sensitive operation is one of tier 1 or 2",
    "an agent of one trust unit: there are no other witnesses, and what that one has shown while it learned is its baseline",
    "a roll-out: what a new version writes for the first time is told at low severity, unless it sends, administers or reaches somebody new; whoever can name a new version is told so four times a day",
    "target values and the order of operations: all versions of an agent share them",
    "an event older than its agent's clock less latenessMs: it is not judged",
    "without a declared workflow only the agent's own graph speaks, which sees far less",
    ...aboutEvidence.blindSpots,
  ],
  falsePositives: [
    "a new version of the agent with new tools that send or administer, or that nobody has approved when its time of grace is over",
    "a rare but legitimate operation that learning did not see",
    "a new customer or payee in a slot that was closed so far",
    ...aboutEvidence.falsePositives,
  ],
  runbook: [
    "Read `evidence.operation`, `evidence.workflow` and the session's events: did the task ask for this?",
    "Look at `newVersion`: was that version deployed on purpose, and do other agents of the group show the same `edge`?",
    "Look up each value in `evidence.targets` in the request that began the session: was it named there, or did it come from content the agent read?",
    "If it is legitimate, release the agent and `offgraph baseline release FINDING --approve`, so that it is learned and told no more; if not, keep the quarantine, revoke the session's token and `offgraph baseline confirm FINDING --deny`.",
    "If it is `outside-contract`, ask the owner who signed: was the agent changed, and is a newer version of the contract due?",
    ...aboutEvidence.runbook,
  ],
  references: [
    "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/",
    "Y. W. Teh, A Hierarchical Bayesian Language Model based on Pitman-Yor Processes, ACL 2006",
    "I. J. Good, The population frequencies of species and the estimation of population parameters, Biometrika 1953",
    ...aboutEvidence.references,
  ],
};
