/** What a finding says of the agent's version when that is new: since when, instead of which, and whether it is told quietly. */
import type { EventView } from "../../../schemas/event-view.ts";
import type { FindingDraft, Rows } from "../../detector.ts";
import type { Baseline } from "../baseline.ts";
import type { SessionPath } from "../path.ts";
import type { BaselineSettings } from "../settings.ts";
import { withPeers } from "../tell-peers.ts";
import { kindOf } from "../values/value-kind.ts";
import { type Build, isInGrace } from "./builds.ts";

/** Kinds that a new version may bring with it. What a person has denied, and what adds up over sessions, is told as ever. */
const OF_VERSIONS: ReadonlySet<string> = new Set([
  "operation-new-to-workflow",
  "operation-new-to-agent",
  "operation-and-target-new",
  "target-first-seen",
  "unlikely-session",
]);

/** The draft with what its peers do, and with the version that its session runs, if that is new. */
export function withNewVersion(
  rows: Rows<Baseline, SessionPath>,
  told: FindingDraft,
  event: EventView,
  settings: BaselineSettings,
): FindingDraft {
  const draft = withPeers(rows, told, event);
  const { builds } = rows.own.agent;
  if (builds === undefined || !OF_VERSIONS.has(draft.kind)) return draft;
  const running = builds.known.find(({ number }) => number === rows.own.session.build);
  if (running === undefined || !isInGrace(running, event.time, settings)) return draft;
  const isQuiet = event.tier < SENSITIVE && partiesOf(draft).length === 0;
  const newVersion = {
    version: running.name,
    parent: running.parentName,
    since: new Date(running.since).toISOString(),
    announced: running.announced,
    quiet: isQuiet,
    ...(running.group !== "" && { group: running.group }),
    ...peersOf(rows, running, event.time),
    edge: [String(draft.evidence.operation), ...partiesOf(draft)].join(" "),
  };
  return { ...draft, newVersion, ...(isQuiet && { severity: "low" }) };
}

/** How many agents the group has, if its baseline is known. */
function peersOf({ agent, groups }: Rows<Baseline, SessionPath>, { group }: Build, timeMs: number) {
  const known = groups?.versionFor(agent.tenant, group, Math.floor(timeMs / DAY_MS));
  return known?.group === group && { peerAgents: known.agents };
}

const DAY_MS = 86_400_000;
/** Sending, credentials, administration: a hijack hides in a roll-out, so these are told in full. */
const SENSITIVE = 2;

/** Targets that are new and name somebody to be reached; a ticket or a file is none. */
function partiesOf({ kind, evidence: { targets } }: FindingDraft): readonly string[] {
  if (!kind.includes("target") || !Array.isArray(targets)) return [];
  return targets.filter((target) => !THINGS.has(kindOf(target.slice(target.indexOf("=") + 1))));
}

const THINGS: ReadonlySet<string> = new Set(["id", "path", "literal"]);
