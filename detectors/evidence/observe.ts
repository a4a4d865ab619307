/** The terms of one call, from what is remembered of the agent and what its session has shown. */

import { shareKnown } from "../groups/version.ts";
import {
  type AppraisedTarget,
  appraise,
  appraised,
  FROM_NEITHER,
  FROM_OUTPUT,
  targetValue,
} from "./appraise.ts";
import { type AgentEvidence, anywhere, hashAnywhere, inSlot, noveltyBits, shinglesOf } from "./memory.ts";
import { isKnown } from "./records.ts";
import { hasDealtWith, keepLetters, keepValue, SENSITIVE_USE, type SessionEvidence } from "./session.ts";
import { addLetters, unlikeness } from "./shingles.ts";
import * as term from "./term.ts";
import { CODE, isIdentifier, NO_TARGET, NUMBER, TEXT, WORD } from "./value.ts";

/** One call, as the graph and the event give it. */
export interface AppraisedCall {
  /** Keyed hash of the tenant's name. */
  readonly tenantLow: number;
  readonly tenantHigh: number;
  /** Number of the workflow's name if its own graph can speak; 0 if none was declared or it is too young. */
  readonly scope: number;
  /** Number of the operation's name in the agent's dictionary, below 4,096. */
  readonly operation: number;
  readonly tier: number;
  /** 0 not known, 1 ok, 2 denied, 3 error: the column RESULT of event-view.ts. */
  readonly result: number;
  /** Bits by which the predictor did not expect the operation. */
  readonly surpriseBits: number;
  /** The operation is not in the baseline of the scope. */
  readonly isNewOperation: boolean;
  /** How much of that its peers make up for, 0 to 1. */
  readonly madeUp: number;
  /** Witnesses can make known what the call uses; otherwise only a person can. */
  readonly isLearnable: boolean;
  readonly targets: readonly AppraisedTarget[];
  /** Arguments whose origin is known, and how many of them come from an earlier output. */
  readonly sourced: number;
  readonly fromOutput: number;
}

const OK = 1;
const ERROR = 3;
const MOST_NOVELTIES = 3;
/** What so large a share of the agent's peers know is no novelty. */
const USUAL = 0.5;

/** The terms of the newest call, by their places in TERMS. Read it before the next call is observed. */
export const terms = new Float64Array(term.TERMS.length);

/** Observes a call: fills `terms`, and keeps in the session what it shows. */
export function observe(memory: AgentEvidence, shown: SessionEvidence, step: AppraisedCall): void {
  terms.fill(0);
  if (step.result === ERROR) terms[term.FAILED] = 1;
  if (shown.hasJustRead) terms[term.FOLLOWS_READ] = 1;
  terms[term.EARLIER_NOVELTY] = shown.novelties;
  let isNovel = step.isNewOperation && step.madeUp < USUAL;
  for (const target of step.targets) if (observeTarget(memory, shown, step, target)) isNovel = true;
  for (const target of step.targets) keep(memory, shown, step, target);
  if (shown.answered) observeOperation(step);
  if (isNovel && shown.novelties < MOST_NOVELTIES) shown.novelties++;
  shown.steps++;
  shown.hasJustRead = step.tier === 0 && step.result === OK;
  if (step.result <= OK) shown.answered = true;
}

function observeOperation(step: AppraisedCall): void {
  const { surpriseBits, isNewOperation, madeUp, tier, sourced, fromOutput } = step;
  terms[term.SURPRISE] = Math.min(10, surpriseBits);
  if (isNewOperation && tier > 0) terms[term.NEW_OPERATION] = 1 - madeUp;
  if (sourced > 0) terms[term.OUTPUT_SHARE] = fromOutput / sourced;
}

/** Answers whether the target is a party that the agent does not know. Until something has answered, nothing new can have come from what was read. */
function observeTarget(
  memory: AgentEvidence,
  shown: SessionEvidence,
  step: AppraisedCall,
  target: AppraisedTarget,
): boolean {
  appraise(target, step.tenantLow, step.tenantHigh);
  const { valueClass, low, high } = appraised;
  if (appraised.reserved) terms[term.RESERVED_NAME] = 1;
  if (isIdentifier(valueClass)) return observeParty(memory, shown, step, target);
  if (!shown.answered) return false;
  if (valueClass === CODE) observeCode(memory, step, target, low, high);
  else if (valueClass === TEXT) observeText(memory, shown, step, target, low, high);
  else if (valueClass === WORD && target.origin === FROM_OUTPUT)
    raise(term.OUTPUT_WORD, isNewInSlot(memory, step, target, low, high) ? 1 : 0);
  return false;
}

function raise(at: number, value: number): void {
  if (value > (terms[at] ?? 0)) terms[at] = value;
}

const isNewInSlot = (
  memory: AgentEvidence,
  step: AppraisedCall,
  { field }: AppraisedTarget,
  low: number,
  high: number,
) => !isKnown(memory.values, inSlot(memory, 0, step.operation, field, low, high));

/** Share of the agent's peers that do not know a value either. */
function rarity({ peers: { version } }: AgentEvidence, low: number, high: number): number {
  if (version === undefined) return 1;
  const hash = hashAnywhere(low, high);
  return 1 - shareKnown(version, version.values, hash.low, hash.high);
}

function observeParty(
  memory: AgentEvidence,
  shown: SessionEvidence,
  step: AppraisedCall,
  target: AppraisedTarget,
): boolean {
  const { valueClass, low, high } = appraised;
  if (hasDealtWith(shown, low, high)) terms[term.SEEN_EARLIER] = 1;
  const isFromOutput = shown.answered && target.origin === FROM_OUTPUT;
  if (isFromOutput && isNewInSlot(memory, step, target, low, high)) terms[term.OUTPUT_PARTY] = 1;
  if (isKnown(memory.values, anywhere(memory, 0, low, high))) return false;
  const rare = rarity(memory, low, high);
  if (shown.answered) {
    const bits = noveltyBits(memory, 0, step.operation, target.field, valueClass);
    const { party } = targetValue(target);
    raise(term.NEW_PARTY, Math.min(5, bits * unlikeness(party, memory.shingles, shown.shingles)) * rare);
  }
  return rare > 1 - USUAL;
}

function observeCode(
  memory: AgentEvidence,
  step: AppraisedCall,
  target: AppraisedTarget,
  low: number,
  high: number,
): void {
  if (isKnown(memory.values, anywhere(memory, step.scope, low, high))) return;
  const bits = noveltyBits(memory, step.scope, step.operation, target.field, CODE);
  raise(term.NEW_CODE, Math.min(5, bits) * rarity(memory, low, high));
}

function observeText(
  memory: AgentEvidence,
  shown: SessionEvidence,
  step: AppraisedCall,
  target: AppraisedTarget,
  low: number,
  high: number,
): void {
  const { operation, scope } = step;
  const { field, origin } = target;
  if (!isKnown(memory.values, anywhere(memory, scope, low, high))) {
    const { text } = targetValue(target);
    const unlike = unlikeness(text, shinglesOf(memory, scope), shown.shingles);
    const bits = noveltyBits(memory, scope, operation, field, TEXT);
    raise(term.NEW_TEXT, Math.min(4, bits * unlike) * rarity(memory, low, high));
  }
  if (origin !== FROM_OUTPUT && origin !== FROM_NEITHER) return;
  if (isKnown(memory.values, anywhere(memory, 0, low, high))) return;
  const bits = Math.min(4, noveltyBits(memory, 0, operation, field, TEXT));
  raise(origin === FROM_OUTPUT ? term.OUTPUT_TEXT : term.OWN_WORDS, bits);
}

/** Keeps a target for learning. */
function keep(
  memory: AgentEvidence,
  shown: SessionEvidence,
  step: AppraisedCall,
  target: AppraisedTarget,
): void {
  appraise(target, step.tenantLow, step.tenantHigh);
  const { valueClass, low, high } = appraised;
  if (valueClass === NO_TARGET || valueClass === NUMBER) return;
  keepValue(shown, step.operation, target.field, valueClass | (step.tier > 0 ? SENSITIVE_USE : 0), low, high);
  const isParty = isIdentifier(valueClass);
  const isScoped = !isParty && step.scope !== 0;
  if (isKnown(memory.values, anywhere(memory, 0, low, high)))
    if (!isScoped || isKnown(memory.values, anywhere(memory, step.scope, low, high))) return;
  const { text, party } = targetValue(target);
  addLetters(shown.shingles, text, party);
  if (step.isLearnable) keepLetters(shown, { low, high, isIdentifier: isParty, text, party });
}
