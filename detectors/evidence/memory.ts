/**
 * What an agent is known to deal with: parties, codes, words and wording, each anywhere in the agent, in its slots and
 * in its workflows; and of what letters all of it consists.
 *
 * A slot is one field of one operation. From N draws (at most one a session for each value) of which N1 values were seen
 * exactly once, q = (N1 + 1) / (N + 2) is the probability that the next value is new (Good-Turing with add-one smoothing).
 * A slot of fewer than ten draws says nothing by itself: all fields of its class then speak for it.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { newPeers, type Peers, readPeers, writePeers } from "../groups/peers.ts";
import { log2 } from "../stats/exact.ts";
import { type Guarantee, newGuarantee, readGuarantee, writeGuarantee } from "./guarantee.ts";
import {
  all,
  drawsOf,
  find,
  findOrAdd,
  isKnown,
  isSensitive,
  markKnown,
  newRecords,
  onceOf,
  onManyDays,
  type Records,
  readRecords,
  sessionsOf,
  witnessesOf,
  writeRecords,
} from "./records.ts";
import { hashed, hashPlace } from "./text-hash.ts";

/** What the evidence keeps of one agent. */
export interface AgentEvidence {
  readonly values: Records;
  readonly slots: Records;
  /** Pieces of every known value of the agent. */
  readonly shingles: Int32Array;
  /** Pieces of every known value of a workflow, by number of its name. */
  readonly workflowShingles: Map<number, Int32Array>;
  /** Times that something was not remembered because a cap was reached. */
  capped: number;
  /** Sessions learned from. */
  sessions: number;
  /** Witnesses alone decide what becomes known, until the agent has left learning and taught enough sessions. */
  isLearning: boolean;
  /** What is promised of false alerts. */
  readonly guarantee: Guarantee;
  /** What is known of the agent's peers, and told to them. */
  readonly peers: Peers;
}

/** Draws before a slot speaks for itself. */
const MIN_DRAWS = 10;
/** After this many draws a slot in which half of the values are new is open, and remembers none. */
const OPEN_AFTER = 50;
/** Numbers of 32 bits in a set of pieces. */
const AGENT_SHINGLES = 256;
const WORKFLOW_SHINGLES = 32;
const NO_SHINGLES = new Int32Array(WORKFLOW_SHINGLES);
/** Most workflows of one agent that have pieces of their own; the others are compared with the agent's. */
const MAX_WORKFLOWS = 256;

/** An agent of which nothing is remembered. */
export function newAgentEvidence(): AgentEvidence {
  return {
    values: newRecords(),
    slots: newRecords(),
    shingles: new Int32Array(AGENT_SHINGLES),
    workflowShingles: new Map(),
    capped: 0,
    sessions: 0,
    isLearning: true,
    guarantee: newGuarantee(),
    peers: newPeers(),
  };
}

/** The pieces of a scope: a workflow's, or the agent's (0, or too many workflows). Begun when `adding`. */
export function shinglesOf(memory: AgentEvidence, scope: number, adding = false): Int32Array {
  const known = scope === 0 ? memory.shingles : memory.workflowShingles.get(scope);
  if (known !== undefined) return known;
  if (!adding) return NO_SHINGLES;
  if (memory.workflowShingles.size >= MAX_WORKFLOWS) return memory.shingles;
  const begun = new Int32Array(WORKFLOW_SHINGLES);
  memory.workflowShingles.set(scope, begun);
  return begun;
}

/** Kinds of places that a record can be of. */
const ANYWHERE = 1;
const IN_SLOT = 2;
const SLOT = 3;
const CLASS = 4;
/** In the high word of a record's key. */
const SHARED = 1;

const placeOf = (kind: number, scope: number, operation: number, field: number) =>
  Math.imul(scope * 8 + kind, 0x9e3779b1) ^ Math.imul(((operation << 12) | field) + 1, 0x85ebca6b);

/** Moves `hashed` to a place; the same value has another record in each. */
function keyed(low: number, high: number, kind: number, scope: number, operation: number, field: number) {
  hashPlace(low, high, placeOf(kind, scope, operation, field));
  // A bit says what means the same in every agent of the tenant.
  hashed.high = kind === ANYWHERE && scope === 0 ? hashed.high | SHARED : hashed.high & ~SHARED;
  // Two zeros are a free place.
  if (hashed.low === 0 && hashed.high === 0) hashed.low = 1;
  return hashed;
}

/** Where to look, or to add. */
type Finder = (records: Records, low: number, high: number) => number;

/** The hash of a value anywhere in an agent, the same in all agents of its tenant: read `hashed`, which it answers, at once. */
export const hashAnywhere = (low: number, high: number) => keyed(low, high, ANYWHERE, 0, 0, 0);

/** The hashes of all values that are known anywhere in the agent. */
export function knownAnywhere({ values }: AgentEvidence): (readonly [low: number, high: number])[] {
  const known: (readonly [number, number])[] = [];
  for (const record of all(values)) {
    const [low, high] = [values.table[record]!, values.table[record + 1]!];
    if ((high & SHARED) !== 0 && isKnown(values, record)) known.push([low, high]);
  }
  return known;
}

/** The record of a value anywhere in a scope (0 is the agent); -1 if it has none. */
export function anywhere(
  memory: AgentEvidence,
  scope: number,
  low: number,
  high: number,
  by: Finder = find,
): number {
  const key = keyed(low, high, ANYWHERE, scope, 0, 0);
  return by(memory.values, key.low, key.high);
}

/** The record of a value in a slot of a scope; -1 if it has none. */
export function inSlot(
  memory: AgentEvidence,
  scope: number,
  operation: number,
  field: number,
  low: number,
  high: number,
  by: Finder = find,
): number {
  const key = keyed(low, high, IN_SLOT, scope, operation, field);
  return by(memory.values, key.low, key.high);
}

/** The record of a slot of a scope; -1 if it has none. */
export function slotOf(
  memory: AgentEvidence,
  scope: number,
  operation: number,
  field: number,
  by: Finder = find,
): number {
  const key = keyed(0, 0, SLOT, scope, operation, field);
  return by(memory.slots, key.low, key.high);
}

/** The record of all slots of a class in a scope; -1 if it has none. */
export function classSlotOf(
  memory: AgentEvidence,
  scope: number,
  valueClass: number,
  by: Finder = find,
): number {
  const key = keyed(0, 0, CLASS, scope, valueClass, 0);
  return by(memory.slots, key.low, key.high);
}

/** Adds what is not there; -1 if there are too many. */
export const adding: Finder = findOrAdd;

const noveltyOf = (records: Records, slot: number) =>
  (onceOf(records, slot) + 1) / (drawsOf(records, slot) + 2);

/** Whether so many values of a slot are new that none is remembered. */
export const isOpen = ({ slots }: AgentEvidence, slot: number): boolean =>
  drawsOf(slots, slot) >= OPEN_AFTER && noveltyOf(slots, slot) > 0.5;

/** Bits by which a new value is a surprise in a slot: -log2 q. None if nothing is known of the like. */
export function noveltyBits(
  memory: AgentEvidence,
  scope: number,
  operation: number,
  field: number,
  valueClass: number,
): number {
  const own = slotOf(memory, scope, operation, field);
  const slot = drawsOf(memory.slots, own) >= MIN_DRAWS ? own : classSlotOf(memory, scope, valueClass);
  return slot < 0 ? 0 : -log2(noveltyOf(memory.slots, slot));
}

/** What a value needs to become part of the baseline. */
interface Promotion {
  /** Distinct trust units that must have used it. */
  readonly needed: number;
  /** While learning, witnesses alone decide. Afterwards it also takes sessions and days, and a person if it is sensitive. */
  readonly learning: boolean;
  /** Sessions that must have used it, after learning; at most 7 count. */
  readonly sessions: number;
}

/** Makes what deserves it part of the baseline. */
export function promote(memory: AgentEvidence, { needed, learning, sessions }: Promotion): void {
  const records = memory.values;
  for (const record of all(records)) {
    if (sessionsOf(records, record) === 0 || witnessesOf(records, record) < needed) continue;
    const proven = sessionsOf(records, record) >= Math.min(7, sessions) && onManyDays(records, record);
    if (learning || (proven && !isSensitive(records, record))) markKnown(records, record);
  }
}

/** Beside whether it is learning: peers are written, and values are known by hashes that all agents of a tenant share. */
const SHARING = 4;

/** Dense; the tables as they lie in memory. */
export function writeAgentEvidence(memory: AgentEvidence, to: ByteWriter): void {
  writeRecords(memory.values, to);
  writeRecords(memory.slots, to);
  to.ints(memory.shingles);
  to.i32(memory.capped);
  to.i32(memory.sessions);
  to.u8((memory.isLearning ? 1 : 0) | SHARING);
  writeGuarantee(memory.guarantee, to);
  writePeers(memory.peers, to);
  to.u16(memory.workflowShingles.size);
  for (const [workflow, shingles] of memory.workflowShingles) {
    to.i32(workflow);
    to.ints(shingles);
  }
}

/** Reads what writeAgentEvidence wrote. What was written when each agent had hashes of its own begins anew. */
export function readAgentEvidence(from: ByteReader): AgentEvidence {
  const [values, slots] = [readRecords(from), readRecords(from)];
  const [shingles, capped, sessions, flags] = [from.list(), from.i32(), from.i32(), from.u8()];
  const isSharing = (flags & SHARING) !== 0;
  const guarantee = readGuarantee(from, isSharing);
  const peers = isSharing ? readPeers(from) : newPeers();
  const isLearning = (flags & 1) !== 0;
  const own = Array.from({ length: from.u16() }, () => [from.i32(), from.list()] as const);
  const workflowShingles = new Map(own);
  if (!isSharing) return newAgentEvidence();
  return { values, slots, shingles, workflowShingles, capped, sessions, isLearning, guarantee, peers };
}
