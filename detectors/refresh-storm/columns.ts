/** What refresh-storm keeps of an agent, and how it is written. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import type { Columns } from "../detector.ts";
import type { RefreshStormSettings } from "./settings.ts";

/** What is known of one family of refresh tokens. */
export interface Family {
  low: number;
  high: number;
  name: string;
  issuedAt: number;
  lifetimeMs: number;
  /** Log likelihood ratio of R1. */
  evidence: number;
  wasEarly: boolean;
  /** Early refreshes in a row, and all since the evidence began. */
  early: number;
  refreshes: number;
  since: number;
  /** A use was refused since the last refresh. */
  refused: boolean;
  cycles: number;
  /** Event ids of the last cycle. */
  cycle: readonly string[];
  quietUntil: number;
}

/** Those of a family without a cycle. */
export const NO_EVENTS: readonly string[] = [];

/** A family of which nothing is known yet. */
export const newFamily = (): Family => ({
  low: 0,
  high: 0,
  name: "",
  issuedAt: Number.NaN,
  lifetimeMs: Number.NaN,
  evidence: 0,
  wasEarly: false,
  early: 0,
  refreshes: 0,
  since: 0,
  refused: false,
  cycles: 0,
  cycle: NO_EVENTS,
  quietUntil: 0,
});

/** Minutes are counted against a rate that is learned a day at a time and cannot be walked up. */
export interface Rate {
  minute: number;
  count: number;
  /** Log likelihood ratios, one for each multiplier. */
  evidence: number[];
  day: number;
  dayCount: number;
  /** Whole days learned from; -1 while the first, broken one lasts. */
  days: number;
  /** Refreshes a minute: the learned rate, and the frozen one of the first week. */
  mean: number;
  anchor: number;
  quietUntil: number;
}

/** What is kept of an agent. */
export interface RefreshColumns {
  /** Least recently refreshed first. */
  readonly families: Family[];
  /** Families with a refused use or a cycle in hand: while there are none, an accepted use changes nothing. */
  suspects: number;
  readonly rate: Rate;
}

/** Multiples of the learned rate, each with evidence of its own: small ones see long storms, large ones short. */
export const MULTIPLIERS = [2, 4, 8, 16, 32];

/** A family in which a use was refused or a cycle is in hand. */
export const isSuspect = (family: Family) => family.refused || family.cycles > 0;

/** Columns of agents. */
export const agentColumns: Columns<RefreshColumns, RefreshStormSettings> = {
  start: () => ({ families: [], suspects: 0, rate: startRate() }),
  write({ families, rate }, to) {
    to.u16(families.length);
    for (const family of families) writeFamily(family, to);
    writeRate(rate, to);
  },
  read(from) {
    const families = Array.from({ length: from.u16() }, () => readFamily(from));
    return { families, suspects: families.filter(isSuspect).length, rate: readRate(from) };
  },
};

function writeFamily(family: Family, to: ByteWriter): void {
  to.numbers([family.low, family.high, family.early, family.refreshes, family.cycles]);
  const { issuedAt, lifetimeMs, evidence, since, quietUntil } = family;
  for (const value of [issuedAt, lifetimeMs, evidence, since, quietUntil]) to.f64(value);
  to.u8((family.wasEarly ? 1 : 0) | (family.refused ? 2 : 0));
  to.texts([family.name, ...family.cycle]);
}

function readFamily(from: ByteReader): Family {
  const [low = 0, high = 0, early = 0, refreshes = 0, cycles = 0] = from.numbers();
  const [issuedAt, lifetimeMs, evidence] = [from.f64(), from.f64(), from.f64()];
  const [since, quietUntil, flags] = [from.f64(), from.f64(), from.u8()];
  const [name = "", ...cycle] = from.texts();
  const [wasEarly, refused] = [(flags & 1) !== 0, (flags & 2) !== 0];
  const numbers = { low, high, early, refreshes, cycles, issuedAt, lifetimeMs, evidence, since, quietUntil };
  return Object.assign(newFamily(), numbers, { name, wasEarly, refused, cycle });
}

function startRate(): Rate {
  return {
    minute: 0,
    count: 0,
    evidence: MULTIPLIERS.map(() => 0),
    day: 0,
    dayCount: 0,
    days: -1,
    mean: 0,
    anchor: 0,
    quietUntil: 0,
  };
}

function writeRate(rate: Rate, to: ByteWriter): void {
  const { minute, count, day, dayCount, days, mean, anchor, quietUntil, evidence } = rate;
  for (const value of [minute, count, day, dayCount, days, mean, anchor, quietUntil, ...evidence])
    to.f64(value);
}

function readRate(from: ByteReader): Rate {
  const [minute, count] = [from.f64(), from.f64()];
  const [day, dayCount, days, mean, anchor] = [from.f64(), from.f64(), from.f64(), from.f64(), from.f64()];
  const quietUntil = from.f64();
  const evidence = MULTIPLIERS.map(() => from.f64());
  return { minute, count, evidence, day, dayCount, days, mean, anchor, quietUntil };
}
