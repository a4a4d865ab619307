/**
 * What one agent adds to its peer group and its tenant: hashes of the operations and values that are its baseline, and
 * scores of its sessions, each with its trust unit. Names and values are keyed hashes, so nothing of it can be read.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";

/** What an agent had learned when a day of event time was over. */
export interface Contribution {
  /** Name of its peer group; empty if none was told. */
  readonly group: string;
  /** The day (days since 1970) of its newest event by then, and the day of the event after that. It stands for every day from `from` to before `until`. */
  readonly from: number;
  readonly until: number;
  /** Version of the weights that its scores were made with. */
  readonly weights: number;
  /** Hashes of its trust units, low and high of each; two zeros stand for those that have no name. */
  readonly units: Int32Array;
  /** Hashes of operations and of values, low and high of each. */
  readonly operations: Int32Array;
  readonly values: Int32Array;
  /** Packed scores (evidence/conformal.ts) of its newest sessions after learning; units are places in `units`, from 1. */
  readonly scores: Int32Array;
}

/** Most operations, values, scores and trust units that one agent adds: 4 KB. */
export const MOST_OPERATIONS = 128;
export const MOST_VALUES = 256;
export const MOST_SCORES = 64;
export const MOST_UNITS = 32;

/** `until` of what still goes on. */
export const STILL = 0x7fff_ffff;

/** Dense. */
export function writeContribution(contribution: Contribution, to: ByteWriter): void {
  const { group, from, until, weights, units, operations, values, scores } = contribution;
  to.text(group);
  for (const value of [from, until, weights]) to.i32(value);
  for (const list of [units, operations, values, scores]) to.ints(list);
}

/** Reads what writeContribution wrote. */
export function readContribution(from: ByteReader): Contribution {
  const group = from.text();
  const days = { from: from.i32(), until: from.i32(), weights: from.i32() };
  const [units, operations, values] = [from.list(), from.list(), from.list()];
  return { group, ...days, units, operations, values, scores: from.list() };
}
