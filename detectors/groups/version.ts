/** The frozen baseline of a peer group, or of a whole tenant: what its agents had learned by the end of a day, added up. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { pairPlace } from "./pairs.ts";

/** One version. Nobody changes it once it is made. */
export interface GroupVersion {
  /** Name of the group; empty for the whole tenant. */
  readonly group: string;
  /** Day (days since 1970) at the end of which its agents had learned this much. */
  readonly epoch: number;
  /** Version of the weights that the scores were made with. */
  readonly weights: number;
  readonly agents: number;
  /** Witnesses in all: agents with several trust units, and different trust units of the others. */
  readonly witnesses: number;
  /** Packed scores (evidence/conformal.ts) of sessions after learning, the highest first. */
  readonly ranked: Int32Array;
  /** Sum of the witnesses of all operations. */
  readonly uses: number;
  /** Operations and values that two witnesses or more know, in order of their hashes: low, high and how many. */
  readonly operations: Int32Array;
  readonly values: Int32Array;
}

/** Numbers of one operation or value. */
export const KNOWN_WIDTH = 3;

/** Days from the end of which a version tells to the first that is judged by it: the day between is there to make it in. */
export const TAKES_EFFECT_AFTER = 2;

/** Share of the witnesses that know something, 0 to 1. */
export function shareKnown(
  { witnesses }: GroupVersion,
  known: Int32Array,
  low: number,
  high: number,
): number {
  const at = pairPlace(known, KNOWN_WIDTH, low, high);
  return at < 0 ? 0 : (known[at + 2] ?? 0) / witnesses;
}

/** Discount and concentration of the interpolation, as the agent's own graph has them for its shortest context. */
const DISCOUNT = 0.5;
const CONCENTRATION = 1;

/** Probability that a session of the group does something next, by how many of its witnesses do it at all. */
export function chanceOf({ witnesses, uses, operations }: GroupVersion, share: number): number {
  const kinds = operations.length / KNOWN_WIDTH;
  const anything = (CONCENTRATION + DISCOUNT * kinds) / (uses + CONCENTRATION);
  const seen = Math.max(share * witnesses - DISCOUNT, 0) / (uses + CONCENTRATION);
  return seen + anything / (kinds + 1);
}

const FORM = 1;

/** Dense. */
export function writeVersion(version: GroupVersion, to: ByteWriter): void {
  to.u8(FORM);
  to.text(version.group);
  const { epoch, weights, agents, witnesses, uses, ranked, operations, values } = version;
  for (const value of [epoch, weights, agents, witnesses, uses]) to.i32(value);
  for (const list of [ranked, operations, values]) to.ints(list);
}

/** Reads what writeVersion wrote; undefined if it has another form. Throws a RangeError beyond the end. */
export function readVersion(from: ByteReader): GroupVersion | undefined {
  if (from.u8() !== FORM) return undefined;
  const group = from.text();
  const [epoch, weights, agents, witnesses] = [from.i32(), from.i32(), from.i32(), from.i32()];
  const uses = from.i32();
  const [ranked, operations, values] = [from.list(), from.list(), from.list()];
  return { group, epoch, weights, agents, witnesses, uses, ranked, operations, values };
}
