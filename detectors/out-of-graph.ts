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
import { ofAgent, ofSession } from "./evidence/columns.ts";
import * as evidence from "./evidence/evidence.ts";

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
    if (baseline.memory !== undefined) evidence.observe(baseline, path, operation, event, settings, out);
    addStep(path, operation);
  },

  sessionEnded(_agent, baseline, session, path, settings) {
    const day = dayOf(session.lastAt);
    const { version } = baseline;
    if (session.flagged) withhold(baseline, path);
    else if (path.steps > 0) {
      evidence.learn(baseline, path, day, settings);
      learn(baseline, path, day, settings);
    }
    evidence.end(baseline, baseline.version > version, settings);
  },

  epochEnded(_agent, baseline, _epoch, settings) {
    turnEpoch(baseline, settings);
    evidence.turn(baseline, settings);
  },

  settle(baseline, settings) {
    settle(baseline, settings);
    evidence.settle(baseline, settings);
  },

  baselineVersion: (baseline) => baseline.version,
  view: (baseline, _agent, settings) => baselineView(baseline, settings),
};

/** Days since 2000, so that they fit 16 bits until 2179. */
const dayOf = (timeMs: number) => Math.floor(timeMs / 86_400_000) - 10_957;
