/** Which fields an event of each kind needs, and which it may not have. */
import { EVENT_KINDS } from "../event.ts";

/** Fields of the event, as places in ROOT of grammar.ts. */
const [ID, KIND, TIME, TENANT, SOURCE, AGENT] = [1 << 0, 1 << 1, 1 << 2, 1 << 4, 1 << 5, 1 << 6];
const [TOKEN, OPERATION, OUTCOME, CHANGE] = [1 << 13, 1 << 14, 1 << 15, 1 << 19];
const ALWAYS = ID | KIND | TIME | TENANT | SOURCE;

const kindBits = (test: (kind: string) => boolean) =>
  EVENT_KINDS.reduce((bits, kind, at) => (test(kind) ? bits | (1 << at) : bits), 0);
const WITHOUT_AGENT = kindBits((kind) => kind === "tick");
const OF_TOKENS = kindBits((kind) => kind.startsWith("token."));
const REVOKED = kindBits((kind) => kind === "token.revoked");
const DENIED = kindBits((kind) => kind === "token.denied");
const CALLED = kindBits((kind) => kind === "api.called");
const CHANGED = kindBits((kind) => kind === "identity.changed");
/** Rare kinds whose own fields the scanner does not know. */
const RARE = kindBits((kind) => kind === "policy.decided" || kind === "decision.made");

/** Whether the fields that were seen, as bits, are all that this kind of event needs. */
export function isComplete(kindIndex: number, seen: number, tokenIsNamed: boolean): boolean {
  const kind = 1 << kindIndex;
  if ((seen & ALWAYS) !== ALWAYS) return false;
  if ((seen & AGENT) === 0 && (kind & WITHOUT_AGENT) === 0) return false;
  if ((seen & TOKEN) === 0 && (kind & OF_TOKENS & ~DENIED) !== 0) return false;
  if ((seen & TOKEN) !== 0 && !tokenIsNamed && (kind & REVOKED) === 0) return false;
  if ((seen & OPERATION) === 0 && (kind & CALLED) !== 0) return false;
  return (seen & CHANGE) !== 0 || (kind & CHANGED) === 0;
}

/** Whether the kind is a rare one, or a field was seen that its kind does not have: the schema decides (and drops it). */
export function isUnusual(kindIndex: number, seen: number): boolean {
  const kind = 1 << kindIndex;
  if ((kind & RARE) !== 0) return true;
  if ((seen & CHANGE) !== 0 && (kind & CHANGED) === 0) return true;
  if ((seen & OPERATION) !== 0 && (kind & CALLED) === 0) return true;
  if ((seen & (TOKEN | OUTCOME)) !== 0 && (kind & (CALLED | OF_TOKENS)) === 0) return true;
  return (seen & AGENT) !== 0 && (kind & WITHOUT_AGENT) !== 0;
}
