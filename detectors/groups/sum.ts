/** A group's version from what its agents add. The order in which they come means nothing. */
import type { Contribution } from "./contribution.ts";
import { ordered, pairsOf } from "./pairs.ts";
import { pooled } from "./pool.ts";
import { type GroupVersion, KNOWN_WIDTH } from "./version.ts";

/** What an agent adds, with the keyed hash of its name. */
export interface Added {
  readonly low: number;
  readonly high: number;
  readonly contribution: Contribution;
}

/** Most agents of a group that are added up; they are drawn by the keyed hashes of their names, the same ones every day. */
export const MOST_PEERS = 64;
/** A group of fewer agents, or trust units, has no version: too little is left when one of them is left out. */
const FEWEST_PEERS = 3;
const FEWEST_UNITS = 2;
/** Witnesses that make something known to the group: one alone, whatever it repeats, does not. */
const FEWEST_WITNESSES = 2;
/** Most operations and values that a group knows. */
const MOST_KNOWN = 512;

/** Of many, those that are added up, or `most`, in their order. */
export const drawn = (all: readonly Added[], most = MOST_PEERS): readonly Added[] =>
  all.toSorted((a, b) => ordered(a.low, a.high, b.low, b.high)).slice(0, most);

/** The version of a group at the end of a day; undefined if there are too few agents or trust units. */
export function sumVersion(group: string, epoch: number, all: readonly Added[]): GroupVersion | undefined {
  const peers = drawn(all);
  const units = new Set(peers.flatMap(({ contribution }) => [...pairsOf(contribution.units)].map(String)));
  if (peers.length < FEWEST_PEERS || units.size < FEWEST_UNITS) return undefined;
  const weights = peers.reduce((newest, { contribution }) => Math.max(newest, contribution.weights), 0);
  const comparable = peers.filter(({ contribution }) => contribution.weights === weights);
  const operations = known(peers, (one) => one.operations);
  return {
    group,
    epoch,
    weights,
    agents: peers.length,
    witnesses: new Set(peers.map(witnessOf)).size,
    ranked: pooled(comparable.map(({ contribution: { units, scores } }) => ({ units, scores }))),
    uses: operations.reduce((sum, value, at) => (at % KNOWN_WIDTH === 2 ? sum + value : sum), 0),
    operations,
    values: known(peers, (one) => one.values),
  };
}

/**
 * Who vouches for what an agent knows. Nothing becomes known to an agent of several trust units by one of them alone, so
 * the agent is a witness; one that has a single unit says no more than that unit, however many such agents there are.
 */
function witnessOf({ low, high, contribution: { units } }: Added): string {
  return units.length > 2 ? `agent ${low} ${high}` : `unit ${units[0] ?? 0} ${units[1] ?? 0}`;
}

/** What enough witnesses know, the most widely known if it is too much, in order of the hashes. */
function known(peers: readonly Added[], of: (contribution: Contribution) => Int32Array): Int32Array {
  const witnesses = new Map<string, { readonly pair: readonly [number, number]; readonly by: Set<string> }>();
  for (const peer of peers)
    for (const pair of pairsOf(of(peer.contribution))) {
      const entry = witnesses.get(`${pair}`) ?? { pair, by: new Set() };
      entry.by.add(witnessOf(peer));
      witnesses.set(`${pair}`, entry);
    }
  const widest = [...witnesses.values()]
    .filter(({ by }) => by.size >= FEWEST_WITNESSES)
    .sort((a, b) => b.by.size - a.by.size || ordered(...a.pair, ...b.pair))
    .slice(0, MOST_KNOWN)
    .sort((a, b) => ordered(...a.pair, ...b.pair));
  return Int32Array.from(widest.flatMap(({ pair, by }) => [...pair, by.size]));
}
