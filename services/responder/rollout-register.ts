/**
 * Where it is kept what the agents of a peer group (`agent.group`) do together. Agents of one group lie in
 * several partitions, so it has a space of its own, in the tenant's partition: `fleets <tenant>` lists what is kept, and there are
 * `fleet <tenant> <group>` and `rollout <tenant> <incident>` (line feeds for spaces). Whoever writes acquires it first, as with the
 * tenant's bucket (cap.ts). It is written before the finding's own commit: after a crash the same finding comes again, and changes
 * nothing. Each finding of a new version is a commit of its own, of at most some 150 kB: they are few.
 */
import type { Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { IncidentId } from "../../schemas/ids.ts";
import { inTurn } from "../in-turn.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import { fromBytes } from "../records.ts";
import { untilNotFenced } from "../take-over.ts";
import { ROLLOUT, type RunningRollout, sight, versioned, type WatchedGroup } from "./group-rollout.ts";
import { capped } from "./metrics.ts";
import { gathered } from "./on-rollout.ts";
import { change } from "./stored.ts";
import { listed, NO_GROUPS, type WatchedGroups } from "./watched-groups.ts";

const SPACE = "responder-fleet";

/** The roll-out that a finding is part of; undefined if it is of none. */
export type RolloutOf = (finding: Finding, nowMs: number) => Promise<RunningRollout | undefined>;

/** What is kept of a peer group; its newest roll-out is kept apart. */
interface Kept extends Pick<WatchedGroup, "sightings"> {
  readonly newest?: IncidentId | undefined;
}

/** One for all partitions of a process: they write in turn, or they could fence each other for ever. */
export function openRollouts(store: Store, partitions: number, clock: Clock): RolloutOf {
  const queue = inTurn();
  return async (finding, nowMs) => {
    if (versioned(finding) === undefined) return undefined;
    const partition = partitionOf(finding.tenant, partitions);
    return queue(() => untilNotFenced(clock, () => note(store, partition, finding, nowMs)));
  };
}

async function note(
  store: Store,
  partition: number,
  finding: Finding,
  nowMs: number,
): Promise<RunningRollout | undefined> {
  const lease = await store.acquire(SPACE, partition);
  const { tenant, newVersion: { group = "" } = {} } = finding;
  const before = (await load<WatchedGroups>(store, partition, listName(tenant))) ?? NO_GROUPS;
  const kept = (await load<Kept>(store, partition, groupName(tenant, group))) ?? { sightings: [] };
  const rollout =
    kept.newest && (await load<RunningRollout>(store, partition, rolloutName(tenant, kept.newest)));
  const { group: watched, joins, crowdedOut } = sight({ sightings: kept.sightings, rollout }, finding, nowMs);
  const newest = watched.rollout?.incident;
  const listing = listed(before, group, newest, nowMs);
  const changes = [
    change(listName(tenant), listing.list),
    change(groupName(tenant, group), { sightings: watched.sightings, newest }),
    ...listing.goneGroups.map((one) => change(groupName(tenant, one), undefined)),
    ...listing.goneRollouts.map((one) => change(rolloutName(tenant, one), undefined)),
    ...(newest === undefined ? [] : [change(rolloutName(tenant, newest), watched.rollout)]),
  ];
  await store.commit(lease, [changes], 0);
  capped.add(crowdedOut, { what: "first-uses" });
  capped.add(listing.crowdedOut, { what: "groups" });
  capped.add(listing.goneRollouts.length, { what: "rollouts" });
  return joins ? watched.rollout : undefined;
}

const listName = (tenant: string) => `fleets\n${tenant}`;
const groupName = (tenant: string, group: string) => `fleet\n${tenant}\n${group}`;
const rolloutName = (tenant: string, incident: IncidentId) => `rollout\n${tenant}\n${incident}`;

/** A roll-out's incident with what all its agents have done; any other as it is. */
export async function withRollout(store: Store, partitions: number, incident: Incident): Promise<Incident> {
  if (incident.cause !== ROLLOUT) return incident;
  const { tenant, id } = incident;
  const running = await load<RunningRollout>(store, partitionOf(tenant, partitions), rolloutName(tenant, id));
  return running === undefined ? incident : gathered(incident, running, running.updatedAt);
}

async function load<Value>(store: Store, partition: number, name: string): Promise<Value | undefined> {
  const groups = await store.load(SPACE, partition, [name]);
  return fromBytes<Value>(groups.get(name)?.get("json"));
}
