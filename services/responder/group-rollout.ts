/**
 * What the agents of a peer group do for the first time with new versions, all together. Values only: no I/O and no clock. It is
 * judged by event time, so that late arrival changes nothing.
 */
import type { Rollout } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { type IncidentId, isoTime } from "../../schemas/ids.ts";
import { incidentIdOf } from "./state.ts";

/** From so many agents on, of so many trust units and such a share of their group, what all do in an hour is a roll-out. */
const LEAST_AGENTS = 5;
const LEAST_UNITS = 2;
const LEAST_SHARE = 0.3;
const TOGETHER_MS = 3_600_000;
/** From its first finding on, what new versions of a group do is one incident for so long. */
export const ROLLOUT_MS = 86_400_000;
/** Most first uses that are kept until their edge is recognised; the newest stay. */
const MAX_SIGHTINGS = 1024;
/** Most agents that a roll-out counts. */
const MAX_AGENTS = 1000;
/** Most versions and edges that a roll-out names, and the newest findings that it lists. */
const MAX_NAMED = 20;
const MAX_FINDINGS = 100;

/** An agent whose new version has done something for the first time. */
interface Sighting {
  readonly edge: string;
  readonly agent: string;
  /** Empty if none was named. */
  readonly trustUnit: string;
  readonly timeMs: number;
}

/** What is known of one peer group. */
export interface WatchedGroup {
  readonly sightings: readonly Sighting[];
  /** The newest one; undefined before the first. */
  readonly rollout?: RunningRollout | undefined;
}

/** A roll-out, and the incident that gathers it. */
export interface RunningRollout extends Rollout {
  readonly incident: IncidentId;
  /** The agent whose incident it is: that of the first finding. */
  readonly holder: string;
  /** Event time of its first finding. */
  readonly beganMs: number;
  /** Wall clock. */
  readonly updatedAt: string;
  readonly severity: "low" | "medium";
  readonly findings: readonly Finding["id"][];
  readonly findingCount: number;
  /** Edges that so many agents show that they are part of the roll-out. */
  readonly recognised: string[];
}

/** Why the incident of a roll-out exists. */
export const ROLLOUT = "rollout";

/** The finding with what its agent's new version says of it; undefined if it has none, or has broken a rule. */
export const versioned = ({ newVersion, evidenceKind }: Finding) =>
  evidenceKind === "invariant" ? undefined : newVersion;

/** What a finding changes. */
interface Sight {
  readonly group: WatchedGroup;
  /** The finding is part of the roll-out. */
  readonly joins: boolean;
  /** First uses that had to make room. */
  readonly crowdedOut: number;
}

/** The group after a finding, and whether the finding is part of its roll-out. */
export function sight(before: WatchedGroup, finding: Finding, nowMs: number): Sight {
  const news = versioned(finding);
  if (news === undefined) return { group: before, joins: false, crowdedOut: 0 };
  const timeMs = Date.parse(finding.time);
  const { rollout } = before;
  const running = rollout !== undefined && timeMs < rollout.beganMs + ROLLOUT_MS ? rollout : undefined;
  const all = running?.recognised.includes(news.edge)
    ? before.sightings
    : withSighting(before.sightings, finding, news.edge, timeMs);
  const sightings = all.slice(-MAX_SIGHTINGS);
  const crowdedOut = all.length - sightings.length;
  const isRecognised =
    running?.recognised.includes(news.edge) || areTogether(sightings, news.edge, news.peerAgents);
  if (!news.quiet && !isRecognised) return { group: { sightings, rollout }, joins: false, crowdedOut };
  const joined = join(running ?? begun(finding, timeMs), finding, isRecognised, nowMs);
  return { group: { sightings, rollout: joined }, joins: true, crowdedOut };
}

function withSighting(before: readonly Sighting[], finding: Finding, edge: string, timeMs: number) {
  const { agent, evidence } = finding;
  const trustUnit = String(evidence.trustUnit ?? "");
  const others = before.filter(
    (one) => one.timeMs > timeMs - TOGETHER_MS && (one.agent !== agent || one.edge !== edge),
  );
  return [...others, { edge, agent, trustUnit, timeMs }];
}

/** Without the size of the group, its share is not asked for. */
function areTogether(sightings: readonly Sighting[], edge: string, peerAgents = 0): boolean {
  const alike = sightings.filter((one) => one.edge === edge);
  const units = new Set(alike.flatMap(({ trustUnit }) => (trustUnit === "" ? [] : [trustUnit])));
  return alike.length >= Math.max(LEAST_AGENTS, LEAST_SHARE * peerAgents) && units.size >= LEAST_UNITS;
}

function begun(finding: Finding, timeMs: number): RunningRollout {
  const { agent, newVersion } = finding;
  return {
    incident: incidentIdOf(finding, ROLLOUT),
    holder: agent,
    beganMs: timeMs,
    updatedAt: "",
    ...(newVersion?.group !== undefined && { group: newVersion.group }),
    severity: "low",
    announced: true,
    agents: [],
    versions: [],
    parents: [],
    edges: [],
    recognised: [],
    findings: [],
    findingCount: 0,
  };
}

function join(
  rollout: RunningRollout,
  finding: Finding,
  isRecognised: boolean,
  nowMs: number,
): RunningRollout {
  const { newVersion: news, id, agent } = finding;
  // A crash between this and the commit of its partition brings it again.
  if (news === undefined || rollout.findings.includes(id)) return rollout;
  return {
    ...rollout,
    updatedAt: isoTime(nowMs),
    severity: news.quiet ? rollout.severity : "medium",
    announced: rollout.announced && news.announced,
    agents: withName(rollout.agents, agent, MAX_AGENTS),
    versions: withName(rollout.versions, news.version, MAX_NAMED),
    parents: withName(rollout.parents, news.parent, MAX_NAMED),
    edges: withName(rollout.edges, news.edge, MAX_NAMED),
    recognised: isRecognised ? withName(rollout.recognised, news.edge, MAX_NAMED) : rollout.recognised,
    findings: [...rollout.findings, id].slice(-MAX_FINDINGS),
    findingCount: rollout.findingCount + 1,
  };
}

/** The first so many names, each once. */
const withName = (names: string[], name: string, most: number) =>
  names.length >= most || names.includes(name) ? names : [...names, name];
