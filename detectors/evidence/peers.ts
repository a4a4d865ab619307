/** What an agent borrows from its peers: thresholds until it has scores of its own, and what is usual until it knows that itself. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Baseline } from "../baseline/baseline.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import type { Sharing } from "../detector.ts";
import type { PeerVersions } from "../groups/book.ts";
import { contributionAt, contributionOf } from "../groups/contribute.ts";
import { keep, NONE } from "../groups/peers.ts";
import type { GroupVersion } from "../groups/version.ts";
import type { AgentRow } from "../rows.ts";
import { borrow, OWN } from "./guarantee.ts";
import { isCalibrated } from "./limits.ts";
import type { AgentEvidence } from "./memory.ts";

/** Settles, at the agent's first call of a day, which version of which group judges the day; at every call, in a comparison or two. */
export function consultPeers(
  agent: AgentRow,
  memory: AgentEvidence,
  event: EventView,
  groups: PeerVersions,
): void {
  const { peers } = memory;
  if (peers.day === agent.epoch) {
    if (isParted(memory)) rejoin(agent, memory, groups);
    return;
  }
  peers.day = agent.epoch;
  peers.group = event.text(TEXT.group);
  peers.version = judgeOf(groups, agent, peers.group);
  peers.judge = peers.version?.group ?? "";
  peers.epoch = peers.version?.epoch ?? NONE;
  if (peers.version !== undefined && !isCalibrated(memory.guarantee.ranked))
    borrowFrom(memory, peers.version);
}

/** The version of the group, or that of the tenant while too few sessions of the group are scored. */
function judgeOf(groups: PeerVersions, { tenant, epoch }: AgentRow, group: string): GroupVersion | undefined {
  const version = groups.versionFor(tenant, group, epoch);
  if (version === undefined || isCalibrated(version.ranked)) return version;
  const whole = groups.versionFor(tenant, "", epoch);
  return whole !== undefined && isCalibrated(whole.ranked) ? whole : version;
}

/** Looks the day's version up again. */
function rejoin({ tenant }: AgentRow, memory: AgentEvidence, groups: PeerVersions): void {
  const { peers, guarantee } = memory;
  peers.version =
    groups.versionOf(tenant, peers.judge, peers.epoch) ?? groups.versionFor(tenant, peers.group, peers.day);
  peers.epoch = peers.version?.epoch ?? NONE;
  if (peers.version === undefined) return;
  peers.judge = peers.version.group;
  if (guarantee.basis !== OWN) borrowFrom(memory, peers.version);
}

/** The agent was read from the store, and its version is not at hand yet. */
const isParted = ({ peers }: AgentEvidence) => peers.epoch !== NONE && peers.version === undefined;

/** Scores by other weights are not comparable. */
function borrowFrom({ guarantee }: AgentEvidence, { weights, ranked }: GroupVersion): void {
  if (weights === guarantee.weights && isCalibrated(ranked)) borrow(guarantee, ranked);
}

/**
 * No score of an agent that borrows is told unless it is above those of its own newest sessions: so the rate of false alerts is
 * that of its peers if it is like them, and after K sessions of its own at most 1/(K + 1), K up to 19, if it is not.
 */
export const lowestToTell = ({ guarantee, peers }: AgentEvidence) =>
  guarantee.basis === OWN ? Number.NEGATIVE_INFINITY : Math.max(...peers.own);

/** The agent's day is over: keeps what it adds to its group for that day. Nothing that the passing of time changes has happened yet. */
export function keepForPeers(
  agent: AgentRow,
  baseline: Baseline,
  epoch: number,
  settings: BaselineSettings,
): void {
  if (settings.peers === "off") return;
  const contribution = contributionOf(baseline, agent.epoch, epoch);
  if (contribution !== undefined && baseline.memory !== undefined) keep(baseline.memory.peers, contribution);
}

/** Agents whose sessions are scored learn from one another. */
export const sharing: Sharing<BaselineSettings, Baseline> = {
  isOn: ({ evidence, peers }) => evidence === "on" && peers === "on",
  contribution: contributionAt,
};
