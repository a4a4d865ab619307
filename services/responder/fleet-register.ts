/**
 * Where it is kept what the agents of a peer group do together: agents of one group lie in several partitions, so it has a space
 * of its own, in the tenant's partition: `fleet <tenant> <group>` and `rollout <tenant> <incident>` (line feeds for spaces). Whoever writes acquires it first, as with
 * the tenant's bucket (cap.ts). It is written before the finding's own commit: after a crash the same finding comes again, and
 * changes nothing.
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
import { type Fleet, ROLLOUT, type Running, sight, versioned } from "./fleet.ts";
import { gathered } from "./on-rollout.ts";
import { MAX_INCIDENTS } from "./state.ts";
import { change } from "./stored.ts";

const SPACE = "responder-fleet";

/** Most roll-outs of a group whose parts are kept: as many as an agent's incidents. */
const MAX_ROLLOUTS = MAX_INCIDENTS;

/** The roll-out that a finding is part of; undefined if it is of none. */
export type Fleets = (finding: Finding, nowMs: number) => Promise<Running | undefined>;

/** What is kept of a peer group: roll-outs are kept apart, and named here, the newest last. */
interface Kept extends Pick<Fleet, "sightings"> {
  readonly rollouts: readonly IncidentId[];
}

/** One for all partitions of a process: they write in turn, or they could fence each other for ever. */
export function openFleets(store: Store, partitions: number, clock: Clock): Fleets {
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
): Promise<Running | undefined> {
  const lease = await store.acquire(SPACE, partition);
  const { tenant, newVersion } = finding;
  const name = `fleet\n${tenant}\n${newVersion?.group ?? ""}`;
  const kept = (await load<Kept>(store, partition, name)) ?? { sightings: [], rollouts: [] };
  const newest = kept.rollouts.at(-1);
  const rollout = newest && (await load<Running>(store, partition, rolloutName(tenant, newest)));
  const { fleet, joins } = sight({ sightings: kept.sightings, rollout }, finding, nowMs);
  const before = kept.rollouts.filter((one) => one !== fleet.rollout?.incident);
  const rollouts = fleet.rollout === undefined ? before : [...before, fleet.rollout.incident];
  const changes = [
    change(name, { sightings: fleet.sightings, rollouts: rollouts.slice(-MAX_ROLLOUTS) }),
    ...rollouts.slice(0, -MAX_ROLLOUTS).map((one) => change(rolloutName(tenant, one), undefined)),
    ...(fleet.rollout ? [change(rolloutName(tenant, fleet.rollout.incident), fleet.rollout)] : []),
  ];
  await store.commit(lease, [changes], 0);
  return joins ? fleet.rollout : undefined;
}

const rolloutName = (tenant: string, incident: IncidentId) => `rollout\n${tenant}\n${incident}`;

/** A roll-out's incident with what all its agents have done; any other as it is. */
export async function withFleet(store: Store, partitions: number, incident: Incident): Promise<Incident> {
  if (incident.cause !== ROLLOUT) return incident;
  const { tenant, id } = incident;
  const running = await load<Running>(store, partitionOf(tenant, partitions), rolloutName(tenant, id));
  return running === undefined ? incident : gathered(incident, running, running.updatedAt);
}

async function load<Value>(store: Store, partition: number, name: string): Promise<Value | undefined> {
  const groups = await store.load(SPACE, partition, [name]);
  return fromBytes<Value>(groups.get(name)?.get("json"));
}
