/** What an agent keeps of its peers: to which group it belongs, which version of it judges the day, and what it adds itself. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { type Contribution, readContribution, writeContribution } from "./contribution.ts";
import { dateOf } from "./schedule.ts";
import type { GroupVersion } from "./version.ts";

/** Of one agent. */
export interface Peers {
  /** Name of the group, as told on the newest day; empty if none was. */
  group: string;
  /** Day (days since 1970) of which it is settled who judges; NEVER before the first. */
  day: number;
  /** Group and day of the version that judges the day; NONE if there is none. */
  judge: string;
  epoch: number;
  /** That version, once it was looked up: not stored. */
  version: GroupVersion | undefined;
  /** Scores of its own newest sessions that nothing was told of, in thousandths of a point: no threshold of its peers is lower for it. */
  own: readonly number[];
  /** What it adds for days that are over, the newest first. */
  kept: readonly Contribution[];
}

/** Before the first day, and where there is no version. */
export const NEVER = -1;
export const NONE = -1;
/** Days with events that are kept: the learner reads at most so many of them late. */
export const MOST_KEPT = 2;

const NO_SCORES: readonly number[] = [];
/** So many that one more is higher than all of them in at most 5 of 100 cases. */
const MOST_OWN = 19;
const NOTHING: readonly Contribution[] = [];

/** Of an agent that has no peers yet. */
export const newPeers = (): Peers => ({
  group: "",
  day: NEVER,
  judge: "",
  epoch: NONE,
  version: undefined,
  own: NO_SCORES,
  kept: NOTHING,
});

/** Keeps what the agent adds for a day that is over. */
export function keep(peers: Peers, contribution: Contribution): void {
  peers.kept = [contribution, ...peers.kept].slice(0, MOST_KEPT);
}

/** Keeps the score of a session of its own that nothing was told of. */
export function keepOwn(peers: Peers, points: number): void {
  peers.own = [...peers.own, points].slice(-MOST_OWN);
}

/** The version that judges the day: `payers 2026-03-01`, the day alone for the tenant's; undefined if there is none. */
export const versionName = ({ judge, epoch }: Peers): string | undefined =>
  epoch === NONE ? undefined : `${judge} ${dateOf(epoch)}`.trimStart();

/** Dense. */
export function writePeers(peers: Peers, to: ByteWriter): void {
  to.text(peers.group);
  to.i32(peers.day);
  to.text(peers.judge);
  to.i32(peers.epoch);
  to.numbers(peers.own);
  to.u8(peers.kept.length);
  for (const contribution of peers.kept) writeContribution(contribution, to);
}

/** Reads what writePeers wrote. */
export function readPeers(from: ByteReader): Peers {
  const [group, day, judge] = [from.text(), from.i32(), from.text()];
  const [epoch, own] = [from.i32(), from.numbers()];
  const kept = Array.from({ length: from.u8() }, () => readContribution(from));
  return { group, day, judge, epoch, version: undefined, own, kept };
}
