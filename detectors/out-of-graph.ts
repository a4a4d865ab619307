/** An agent that leaves the graph of its workflows. Which file decides each kind stands in README.md, "What decides each kind". */
import { EVENT_KINDS } from "../schemas/event.ts";
import { about } from "./baseline/about.ts";
import type { Baseline } from "./baseline/baseline.ts";
import { tellOutside } from "./baseline/contracts/tell-outside.ts";
import { decide } from "./baseline/decisions/decide.ts";
import { expireHeld, holdSession } from "./baseline/decisions/held.ts";
import { tellDenied } from "./baseline/decisions/tell-denied.ts";
import { operationOf } from "./baseline/event-names.ts";
import { tellNew } from "./baseline/judge.ts";
import { addStep, beginPath, type SessionPath } from "./baseline/path.ts";
import { BaselineSettings } from "./baseline/settings.ts";
import { dayOf, teach } from "./baseline/teach.ts";
import { settle, turnEpoch } from "./baseline/turn.ts";
import { takeTargets } from "./baseline/values/strangers.ts";
import { noteDeployment, turnBuilds } from "./baseline/versions/builds.ts";
import { withNewVersion } from "./baseline/versions/tell-version.ts";
import { baselineView } from "./baseline/view.ts";
import { nothingOfTokens } from "./codec.ts";
import type { Detector } from "./detector.ts";
import { ofAgent, ofSession, VERSION } from "./evidence/columns.ts";
import * as evidence from "./evidence/evidence.ts";

const CALLED = EVENT_KINDS.indexOf("api.called");

export const outOfGraph: Detector<BaselineSettings, Baseline, SessionPath> = {
  id: "out-of-graph",
  version: VERSION,
  about,
  settings: BaselineSettings,
  on: ["api.called", "identity.changed"],
  hearsLate: false,
  columns: { agent: ofAgent, session: ofSession, token: nothingOfTokens },

  step(rows, event, settings, out) {
    const { agent: baseline, session: path } = rows.own;
    if (event.kindIndex !== CALLED) return noteDeployment(baseline, event, settings);
    if (path.workflow < 0) beginPath(baseline, path, event, settings);
    const operation = operationOf(baseline, event);
    const { denied, contracts } = baseline;
    const isOutside =
      contracts !== undefined && tellOutside(baseline, path, contracts, operation, event, out);
    const isStrange = takeTargets(baseline, path, operation, event);
    const isDenied = denied !== undefined && tellDenied(baseline, path, denied, operation, event, out);
    if (event.tier > 0 && !isDenied && !isOutside) tellNew(baseline, path, operation, isStrange, event, out);
    if (baseline.memory !== undefined) evidence.scoreCall(rows, operation, event, settings, out);
    addStep(path, operation);
  },

  sessionEnded(_agent, baseline, session, path, settings, caps) {
    if (session.flagged) holdSession(baseline, session, path, settings, caps);
    else if (path.steps > 0) teach(baseline, path, dayOf(session.lastAt), settings, caps);
    evidence.calibrate(baseline, path, session);
  },

  epochEnded(_agent, baseline, epoch, settings) {
    turnEpoch(baseline, settings);
    evidence.endEpoch(baseline, settings);
    expireHeld(baseline, epoch, settings);
    turnBuilds(baseline, epoch);
  },

  settle(baseline, settings) {
    settle(baseline, settings);
    evidence.settle(baseline, settings);
  },

  sharing: evidence.sharing,
  beforeEpoch: evidence.keepForPeers,
  decided: decide,
  amended: withNewVersion,
  baselineVersion: (baseline) => baseline.version,
  view: (baseline, _agent, settings) => baselineView(baseline, settings),
};
