/** What a live session has shown: what its score is made of, and what it will teach. */

import { CONTEXTS } from "../baseline/graph/predictor.ts";
import type { ByteReader, ByteWriter } from "../codec.ts";
import { TERMS } from "./term.ts";

/** Most values that a session teaches, and among which it looks for earlier ones. */
const MAX_VALUES = 64;
/** Numbers of one value: operation, field, class and sensitivity, hash of the party low and high. */
export const VALUE_WIDTH = 5;
/** Beside the class: a writing, sending or administrative operation used it. */
export const SENSITIVE_USE = 16;
/** Numbers of 32 bits in the set of pieces of letters. */
const SHINGLES = 32;

/** What the evidence keeps of a live session: what it has shown so far. */
export interface SessionEvidence {
  /** Some call has answered: what came before could not follow from anything that was read. */
  answered: boolean;
  /** The newest call read something. */
  hasJustRead: boolean;
  /** Calls that brought a new operation or party, up to 3. */
  novelties: number;
  /** Calls so far. */
  steps: number;
  values: Int32Array;
  valueCount: number;
  shingles: Int32Array;
  /** Where it stands in the graph: see walk in baseline/predictor.ts. */
  contexts: Int32Array;
  /** Texts of values that are not known: their letters are learned if enough others have used them when the session ends. */
  readonly letters: Letters[];
  /** Largest score of a call so far: the session's score; LOWEST before the first call. */
  score: number;
  /** The call that made it, from 0. */
  at: number;
  /** Its terms, before they are weighted. */
  readonly terms: Float64Array;
  /** Its score as long as nothing else was found in it, in thousandths of a point: what it is judged and calibrates by. */
  points: number;
  /** Whether its score may alert, and why not: a place in STANDINGS of detectors/detector.ts. */
  standing: number;
  /** A finding was made of its score, or would have been with more budget. */
  told: boolean;
}

/** A value whose letters may be learned. */
export interface Letters {
  /** Hash of the party. */
  readonly low: number;
  readonly high: number;
  /** By the agent alone, and not by its workflow. */
  readonly isIdentifier: boolean;
  readonly text: string;
  readonly party: string;
}

/** Most characters of texts that a session keeps. */
const MAX_LETTERS = 4096;

const NO_VALUES = new Int32Array(0);

/** The score of a session without calls. */
export const LOWEST = -99;

/** A session before its first call. */
export function newSessionEvidence(): SessionEvidence {
  return {
    answered: false,
    hasJustRead: false,
    novelties: 0,
    steps: 0,
    values: NO_VALUES,
    valueCount: 0,
    shingles: new Int32Array(SHINGLES),
    contexts: new Int32Array(CONTEXTS),
    letters: [],
    score: LOWEST,
    at: 0,
    terms: new Float64Array(TERMS.length),
    points: LOWEST * 1000,
    standing: 0,
    told: false,
  };
}

/** Makes a session that has ended like new. */
export function restartSessionEvidence(shown: SessionEvidence): void {
  shown.answered = false;
  shown.hasJustRead = false;
  shown.novelties = 0;
  shown.steps = 0;
  shown.valueCount = 0;
  shown.shingles.fill(0);
  shown.contexts.fill(0);
  shown.letters.length = 0;
  shown.score = LOWEST;
  shown.at = 0;
  shown.terms.fill(0);
  shown.points = LOWEST * 1000;
  shown.standing = 0;
  shown.told = false;
}

/** Whether the session has dealt with a party before. */
export function hasDealtWith({ values, valueCount }: SessionEvidence, low: number, high: number): boolean {
  for (let at = 0, end = valueCount * VALUE_WIDTH; at < end; at += VALUE_WIDTH)
    if (values[at + 3] === low && values[at + 4] === high) return true;
  return false;
}

/** Keeps a value for learning, once. */
export function keepValue(
  shown: SessionEvidence,
  operation: number,
  field: number,
  state: number,
  low: number,
  high: number,
): void {
  if (shown.valueCount >= MAX_VALUES || isKept(shown, operation, field, low, high)) return;
  const at = shown.valueCount++ * VALUE_WIDTH;
  if (at === shown.values.length) shown.values = longer(shown.values);
  shown.values[at] = operation;
  shown.values[at + 1] = field;
  shown.values[at + 2] = state;
  shown.values[at + 3] = low;
  shown.values[at + 4] = high;
}

function longer(values: Int32Array): Int32Array {
  const grown = new Int32Array(Math.max(VALUE_WIDTH * 4, values.length * 2));
  grown.set(values);
  return grown;
}

function isKept(
  { values, valueCount }: SessionEvidence,
  operation: number,
  field: number,
  low: number,
  high: number,
) {
  for (let at = 0, end = valueCount * VALUE_WIDTH; at < end; at += VALUE_WIDTH) {
    if (values[at + 3] !== low || values[at + 4] !== high) continue;
    if (values[at] === operation && values[at + 1] === field) return true;
  }
  return false;
}

/** Keeps the text of a value that is not known. */
export function keepLetters(shown: SessionEvidence, letters: Letters): void {
  let length = letters.text.length;
  for (const { text } of shown.letters) {
    if (text === letters.text) return;
    length += text.length;
  }
  if (shown.letters.length < MAX_VALUES && length <= MAX_LETTERS) shown.letters.push(letters);
}

/** Dense. */
export function writeSessionEvidence(shown: SessionEvidence, to: ByteWriter): void {
  const states = (shown.answered ? 1 : 0) | (shown.hasJustRead ? 2 : 0) | (shown.told ? 64 : 0);
  to.u8(states | (shown.novelties << 2) | (shown.standing << 4));
  for (const count of [shown.steps, shown.valueCount, shown.at]) to.i32(count);
  to.f64(shown.score);
  to.i32(shown.points);
  to.ints(shown.values.subarray(0, shown.valueCount * VALUE_WIDTH));
  to.ints(shown.shingles);
  to.ints(shown.contexts);
  to.u8(shown.letters.length);
  for (const { low, high, isIdentifier, text, party } of shown.letters) {
    for (const value of [low, high]) to.i32(value);
    to.u8(isIdentifier ? 1 : 0);
    to.texts([text, party]);
  }
  for (const value of shown.terms) to.f64(value);
}

/** Reads what writeSessionEvidence wrote. */
export function readSessionEvidence(from: ByteReader): SessionEvidence {
  const flags = from.u8();
  const [steps, valueCount, at] = [from.i32(), from.i32(), from.i32()];
  const score = from.f64();
  const points = from.i32();
  const [values, shingles, contexts] = [from.list(), from.list(), from.list()];
  const letters = Array.from({ length: from.u8() }, () => readLetters(from));
  const terms = Float64Array.from(TERMS, () => from.f64());
  const states = { answered: (flags & 1) !== 0, hasJustRead: (flags & 2) !== 0, told: (flags & 64) !== 0 };
  const [novelties, standing] = [(flags >>> 2) & 3, (flags >>> 4) & 3];
  const lists = { values, valueCount, shingles, contexts, letters, terms };
  return { ...states, ...lists, novelties, standing, steps, score, points, at };
}

function readLetters(from: ByteReader): Letters {
  const [low, high, isIdentifier] = [from.i32(), from.i32(), from.u8() === 1];
  const [text = "", party = ""] = from.texts();
  return { low, high, isIdentifier, text, party };
}
