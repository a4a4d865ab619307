/** An agent that leaves the graph of its workflows. */
import { about } from "./baseline/about.ts";
import type { Baseline } from "./baseline/baseline.ts";
import { operationOf } from "./baseline/event-names.ts";
import { judge } from "./baseline/judge.ts";
import { learn, withhold } from "./baseline/learn.ts";
import { addStep, beginPath, type Path } from "./baseline/path.ts";
import { Settings } from "./baseline/settings.ts";
import { takeTargets } from "./baseline/strangers.ts";
import { settle, turnEpoch } from "./baseline/turn.ts";
import { baselineView } from "./baseline/view.ts";
import { nothingOfTokens } from "./codec.ts";
import type { Detector } from "./detector.ts";
import { attend } from "./evidence/attend.ts";
import { ofAgent, ofSession } from "./evidence/columns.ts";
import { learnEvidence, settleEvidence, turnEvidence, turnEvidenceEpoch } from "./evidence/turn.ts";

export const outOfGraph: Detector<Settings, Baseline, Path> = {
  id: "out-of-graph",
  version: 2,
  about,
  settings: Settings,
  on: ["api.called"],
  hearsLate: false,
  columns: {
    agent: ofAgent,
    session: ofSession,
    token: nothingOfTokens,
  },

  step({ own: { agent: baseline, session: path } }, event, settings, out) {
    if (path.workflow < 0) beginPath(baseline, path, event);
    const operation = operationOf(baseline, event);
    const isStrange = takeTargets(baseline, path, operation, event);
    if (event.tier > 0) judge(baseline, path, operation, isStrange, event, out);
    if (baseline.memory !== undefined) attend(baseline, path, operation, event, settings, out);
    addStep(path, operation);
  },

  sessionEnded(agent, baseline, session, path, settings) {
    if (session.flagged) withhold(baseline, path);
    else if (path.steps > 0) learnSession(baseline, path, dayOf(session.lastAt), settings);
    agent.baselineVersion = baseline.version;
  },

  epochEnded(agent, baseline, _epoch, settings) {
    turnEpoch(baseline, settings);
    turnEvidenceEpoch(baseline, settings);
    agent.baselineVersion = baseline.version;
  },

  settle(baseline, settings) {
    settle(baseline, settings);
    settleEvidence(baseline, settings);
  },

  view: (baseline, _agent, settings) => baselineView(baseline, settings),
};

function learnSession(baseline: Baseline, path: Path, day: number, settings: Settings): void {
  const { version } = baseline;
  learnEvidence(baseline, path, day, settings);
  learn(baseline, path, day, settings);
  turnEvidence(baseline, settings, baseline.version > version);
}

/** Days since 2000, so that they fit 16 bits until 2179. */
const dayOf = (timeMs: number) => Math.floor(timeMs / 86_400_000) - 10_957;
