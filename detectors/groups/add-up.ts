/** Agents of all tenants, added up for one day: the same sums by a learner that reads the store and by replay, in any order. */
import { keyOf, partsOfKey } from "./book.ts";
import type { Contribution } from "./contribution.ts";
import { type Added, drawn, MOST_PEERS, sumVersion } from "./sum.ts";
import type { GroupVersion } from "./version.ts";

/** Most groups, tenants among them, that have a version: those whose names come first. */
const MOST_GROUPS = 256;

/** What is added up. */
export interface Sums {
  /** Adds an agent, given by the keyed hash of its name, to its group and to its tenant. */
  add(tenant: string, low: number, high: number, contribution: Contribution): void;
  /** A version of each group that is large enough. */
  versions(): readonly (readonly [tenant: string, version: GroupVersion])[];
  /** Whether there were more groups than there may be. */
  readonly isCapped: boolean;
  /** Groups of which not every agent is added up. */
  readonly crowded: number;
}

/** Sums of the day `epoch`, before the first agent. */
export function sumsOf(epoch: number): Sums {
  let groups = new Map<string, readonly Added[]>();
  let isCapped = false;
  const addTo = (key: string, added: Added) => {
    const all = [...(groups.get(key) ?? []), added];
    // Drawing once in a while is enough to bound the memory; one too many is kept, as a sign that there were more.
    groups.set(key, all.length < 2 * MOST_PEERS ? all : drawn(all, MOST_PEERS + 1));
    if (groups.size < 2 * MOST_GROUPS) return;
    groups = first(groups);
    isCapped = true;
  };
  return {
    add(tenant, low, high, contribution) {
      const added = { low, high, contribution };
      addTo(keyOf(tenant, ""), added);
      if (contribution.group !== "") addTo(keyOf(tenant, contribution.group), added);
    },
    versions() {
      isCapped ||= groups.size > MOST_GROUPS;
      return [...first(groups)].flatMap(([key, all]) => {
        const { tenant, group } = partsOfKey(key);
        const version = sumVersion(group, epoch, all);
        return version === undefined ? [] : [[tenant, version] as const];
      });
    },
    get isCapped() {
      return isCapped;
    },
    get crowded() {
      return [...first(groups).values()].filter((all) => all.length > MOST_PEERS).length;
    },
  };
}

const first = (groups: ReadonlyMap<string, readonly Added[]>) =>
  new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_GROUPS));
