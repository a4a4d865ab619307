/** The read access that the api has to incidents. */
import type { Incident } from "../../schemas/action.ts";
import type { Store } from "../ports/store.ts";
import { partitionOf } from "../ports/stream.ts";
import { incidentHolder } from "./audit-stored.ts";
import { withRollout } from "./rollout-register.ts";
import { agentGroup, agentOf, loadAgents, SPACE } from "./stored.ts";

/** Every incident, in no particular order. */
export async function* incidents(store: Store, partitions: number): AsyncGenerator<Incident> {
  for (let partition = 0; partition < partitions; partition++) {
    for await (const [group, entries] of store.scan(SPACE, partition)) {
      if (!group.startsWith("agent\n")) continue;
      for (const { incident } of agentOf(entries)?.tracked ?? [])
        yield withRollout(store, partitions, incident);
    }
  }
}

/** One incident by its id; asks each partition for the agent's group. */
export async function incidentOf(
  store: Store,
  partitions: number,
  id: string,
): Promise<Incident | undefined> {
  for (let partition = 0; partition < partitions; partition++) {
    const group = await incidentHolder(store, partition, id);
    const states = await loadAgents(store, partition, group === undefined ? [] : [group]);
    for (const { tracked } of states.values())
      for (const { incident } of tracked)
        if (incident.id === id) return withRollout(store, partitions, incident);
  }
  return undefined;
}

/** Incidents of one agent, oldest first. */
export async function incidentsOf(
  store: Store,
  partitions: number,
  tenant: string,
  agent: string,
): Promise<readonly Incident[]> {
  const group = agentGroup({ tenant, agent });
  const states = await loadAgents(store, partitionOf(`${tenant}/${agent}`, partitions), [group]);
  const tracked = states.get(group)?.tracked ?? [];
  return Promise.all(tracked.map(({ incident }) => withRollout(store, partitions, incident)));
}
