/** Which peer groups and roll-outs of a tenant are kept. Values only: no I/O and no clock. */
import type { IncidentId } from "../../schemas/ids.ts";
import { ROLLOUT_MS } from "./group-rollout.ts";

/** Most groups of a tenant whose first uses are kept: beyond it goes the one of which nothing was heard for longest. */
const MAX_GROUPS = 256;
/** Most roll-outs of a tenant whose parts are kept; the newest stay. */
const MAX_ROLLOUTS = 100;

/** What is kept of a tenant, the newest last. */
export interface WatchedGroups {
  readonly groups: readonly HeardOf[];
  readonly rollouts: readonly IncidentId[];
}

/** A group, and when something was heard of it; wall clock. */
interface HeardOf {
  readonly group: string;
  readonly heardMs: number;
}

/** Of a tenant of which nothing is known. */
export const NO_GROUPS: WatchedGroups = { groups: [], rollouts: [] };

/** The list after a finding of a group, and what is in it no more. */
interface Listing {
  readonly list: WatchedGroups;
  readonly goneGroups: readonly string[];
  readonly goneRollouts: readonly IncidentId[];
  /** Of the groups that are gone, those that would still be of use. */
  readonly crowdedOut: number;
}

/** A group of which nothing was heard for as long as a roll-out lasts is forgotten. */
export function listed(
  before: WatchedGroups,
  group: string,
  rollout: IncidentId | undefined,
  nowMs: number,
): Listing {
  const others = before.groups.filter((one) => one.group !== group);
  const recent = others.filter(({ heardMs }) => heardMs > nowMs - ROLLOUT_MS);
  const groups = [...recent.slice(1 - MAX_GROUPS), { group, heardMs: nowMs }];
  const all = before.rollouts.filter((one) => one !== rollout);
  const rollouts = [...all, ...(rollout === undefined ? [] : [rollout])].slice(-MAX_ROLLOUTS);
  const stay = new Set(groups.map((one) => one.group));
  return {
    list: { groups, rollouts },
    goneGroups: others.flatMap((one) => (stay.has(one.group) ? [] : [one.group])),
    goneRollouts: all.filter((one) => !rollouts.includes(one)),
    crowdedOut: Math.max(0, recent.length + 1 - MAX_GROUPS),
  };
}
