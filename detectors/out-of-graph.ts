/** An agent that leaves the graph of its workflows. */
import { type Baseline, endBaseline, newBaseline, readBaseline, writeBaseline } from "./baseline/baseline.ts";
import { operationOf } from "./baseline/event-names.ts";
import { judge } from "./baseline/judge.ts";
import { learn, withhold } from "./baseline/learn.ts";
import {
  addStep,
  beginPath,
  endPath,
  newPath,
  type Path,
  readPath,
  restartPath,
  writePath,
} from "./baseline/path.ts";
import { Settings } from "./baseline/settings.ts";
import { takeTargets } from "./baseline/strangers.ts";
import { turnEpoch } from "./baseline/turn.ts";
import { baselineView } from "./baseline/view.ts";
import { nothingOfTokens } from "./codec.ts";
import type { Detector } from "./detector.ts";

export const outOfGraph: Detector<Settings, Baseline, Path> = {
  id: "out-of-graph",
  version: 1,
  about: {
    title: "An agent leaves the graph of its workflows",
    summary:
      "A hijacked agent uses valid credentials for what it was not meant to do. This learns, for each agent and workflow, which operations are used, in which order and on which targets, and speaks when a writing, sending or administrative operation is not part of it.",
    kinds: {
      "operation-new-to-workflow": {
        severity: "medium",
        evidence: "fact",
        fires:
          "a sensitive operation (tier 1 or 2) is used that is not in the baseline of the session's workflow",
        silencedBy: "the operation being in the workflow's baseline: witnessed while it was learning",
        tags: ["out-of-graph-access"],
      },
      "operation-new-to-agent": {
        severity: "medium",
        evidence: "fact",
        fires:
          "a sensitive operation is used that is in no workflow of the agent, and the session's workflow is not declared, or is still learning and turned up after the agent had left learning",
        silencedBy: "the operation being in the agent's baseline",
        tags: ["out-of-graph-access"],
      },
      "target-first-seen": {
        severity: "medium",
        evidence: "fact",
        fires:
          "a sensitive operation acts on an identifier (address, host, account ...) that is not in the baseline of a closed slot",
        silencedBy:
          "the value being in the slot's baseline, or the slot being open (5 % or more of its draws are new)",
        tags: ["out-of-graph-access"],
      },
      "operation-and-target-new": {
        severity: "high",
        evidence: "fact",
        fires:
          "both at once, in one session: a sensitive operation outside the baseline, and an identifier never seen by this agent in any slot it reaches",
        silencedBy: "either the operation or the target being in the baseline",
        tags: ["out-of-graph-access"],
      },
    },
    formulas: [
      "P_k(a|c) = max(n(c,a) - d_k, 0)/(N(c) + th_k) + esc_k(c) P_{k-1}(a|c'), orders 3 to 0, workflow over agent over 1/(V+1); d = 0.5, 0.7, 0.8, 0.85; th = 1, 0.5, 0.5, 0.5",
      "q = (N1 + 1)/(N + 2) for a slot of N draws, N1 values drawn once; closed when N >= 10 and q < 0.05; it speaks once values that wait for witnesses were in at most 5 % of its draws",
      "learning ends when sessions >= minSessions and neither (sensitive operations used by one session only)/(sessions) nor the share of sessions with a sensitive operation of too few witnesses is above maxNovelty; for the agent as a whole also only when at most a tenth of its sessions belong to workflows that are still learning",
      "an edge becomes baseline when min(units, witnesses) distinct trust units have used it in unflagged sessions; after learning also on two days and in `sessions` sessions, and never by itself if it is sensitive",
      "edges of order 1 and above begin under contexts that two sessions have seen; where a workflow is declared, its own graph keeps orders 0 to 3 and the agent's orders 0 and 1",
    ],
    blindSpots: [
      "an attack that uses only operations and targets of its own workflow (mimicry)",
      "a workflow that is still learning, except operations that the whole agent never used",
      "reads: a sensitive operation is one of tier 1 or 2",
      "an event older than its agent's clock less latenessMs: it is not judged",
      "without a declared workflow only the agent's own graph speaks, which sees far less",
    ],
    falsePositives: [
      "a new version of the agent with new tools",
      "a rare but legitimate operation that learning did not see",
      "a new customer or payee in a slot that was closed so far",
    ],
    runbook: [
      "Read `evidence.operation`, `evidence.workflow` and the session's events: did the task ask for this?",
      "Compare `agent.version` in the hour before: was a new version deployed?",
      "Look up each value in `evidence.targets` in the request that began the session: was it named there, or did it come from content the agent read?",
      "If it is legitimate, release the agent (the operation is told again in each session until approving it is built); if not, keep the quarantine and revoke the session's token.",
    ],
    references: [
      "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/",
      "Y. W. Teh, A Hierarchical Bayesian Language Model based on Pitman-Yor Processes, ACL 2006",
      "I. J. Good, The population frequencies of species and the estimation of population parameters, Biometrika 1953",
    ],
  },
  settings: Settings,
  on: ["api.called"],
  hearsLate: false,
  columns: {
    agent: { start: newBaseline, end: endBaseline, write: writeBaseline, read: readBaseline },
    session: { start: newPath, restart: restartPath, end: endPath, write: writePath, read: readPath },
    token: nothingOfTokens,
  },

  step({ own: { agent: baseline, session: path } }, event, _settings, out) {
    if (path.workflow < 0) beginPath(baseline, path, event);
    const operation = operationOf(baseline, event);
    const isStrange = takeTargets(baseline, path, operation, event);
    if (event.tier > 0) judge(baseline, path, operation, isStrange, event, out);
    addStep(path, operation);
  },

  sessionEnded(agent, baseline, session, path, settings) {
    if (session.flagged) withhold(baseline, path);
    else if (path.steps > 0) learn(baseline, path, dayOf(session.lastAt), settings);
    agent.baselineVersion = baseline.version;
  },

  epochEnded(agent, baseline, _epoch, settings) {
    turnEpoch(baseline, settings);
    agent.baselineVersion = baseline.version;
  },

  view: (baseline, _agent, settings) => baselineView(baseline, settings),
};

/** Days since 2000, so that they fit 16 bits until 2179. */
const dayOf = (timeMs: number) => Math.floor(timeMs / 86_400_000) - 10_957;
