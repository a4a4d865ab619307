/** Learning from a session that has ended without a finding. */
import {
  type AgentEvidence,
  adding,
  anywhere,
  classSlotOf,
  inSlot,
  isOpen,
  shinglesOf,
  slotOf,
} from "./memory.ts";
import { countDraw, noteDraw, noteUse, witnessesOf } from "./records.ts";
import { type Letters, SENSITIVE_USE, type SessionEvidence, VALUE_WIDTH } from "./session.ts";
import { addLetters } from "./shingles.ts";
import { isIdentifier } from "./value.ts";

/** Who teaches, and when. */
export interface Lesson {
  /** Number of the declared workflow's name; 0 if none was declared. */
  readonly workflow: number;
  /** Number of the trust unit, 1 to 127; 0 if it is no witness. */
  readonly unit: number;
  /** Trust units that must have used a value before it is known. */
  readonly needed: number;
  /** Day of event time, in days. */
  readonly day: number;
  /** The workflow is learning: what it uses may become known to it without a person. */
  readonly workflowIsLearning: boolean;
}

/** Learns every value that a session has shown, and the letters of those that it has confirmed. */
export function learnEvidence(memory: AgentEvidence, shown: SessionEvidence, lesson: Lesson): void {
  memory.sessions++;
  for (const letters of shown.letters) {
    learnLetters(memory, letters, 0, lesson);
    if (lesson.workflow > 0 && !letters.isIdentifier) learnLetters(memory, letters, lesson.workflow, lesson);
  }
  for (let at = 0, end = shown.valueCount * VALUE_WIDTH; at < end; at += VALUE_WIDTH) {
    const value = valueAt(shown, at);
    learnValue(memory, shown, at, value, 0, lesson);
    // An address that the agent knows is no stranger to any of its tasks.
    if (lesson.workflow > 0 && !isIdentifier(value.valueClass))
      learnValue(memory, shown, at, value, lesson.workflow, lesson);
  }
}

/** Learns the letters of a value that enough trust units have used, the one of this session among them. */
function learnLetters(
  memory: AgentEvidence,
  letters: Letters,
  scope: number,
  { unit, needed }: Lesson,
): void {
  const record = anywhere(memory, scope, letters.low, letters.high);
  const others = record < 0 || unit === 0 ? 0 : witnessesOf(memory.values, record, unit);
  if (others >= needed - 1) addLetters(shinglesOf(memory, scope, true), letters.text, letters.party);
}

const classAt = ({ values }: SessionEvidence, at: number) => values[at + 2]! & (SENSITIVE_USE - 1);

/** A value of the session, and what of it the session had shown before. */
interface Lessoned {
  readonly operation: number;
  readonly field: number;
  readonly valueClass: number;
  readonly sensitive: boolean;
  readonly low: number;
  readonly high: number;
  readonly isFirstOfSlot: boolean;
  readonly isFirstOfClass: boolean;
}

function valueAt(shown: SessionEvidence, at: number): Lessoned {
  const { values } = shown;
  const [operation, field, state] = [values[at]!, values[at + 1]!, values[at + 2]!];
  const [low, high] = [values[at + 3]!, values[at + 4]!];
  const valueClass = classAt(shown, at);
  let [isFirstOfSlot, isFirstOfClass] = [true, true];
  for (let before = 0; before < at; before += VALUE_WIDTH) {
    if (values[before] === operation && values[before + 1] === field) isFirstOfSlot = false;
    if (classAt(shown, before) === valueClass) isFirstOfClass = false;
  }
  const sensitive = (state & SENSITIVE_USE) !== 0;
  return { operation, field, valueClass, sensitive, low, high, isFirstOfSlot, isFirstOfClass };
}

function learnValue(
  memory: AgentEvidence,
  shown: SessionEvidence,
  at: number,
  value: Lessoned,
  scope: number,
  lesson: Lesson,
): void {
  const { operation, field, low, high } = value;
  const slot = slotOf(memory, scope, operation, field, adding);
  // Nothing is worth remembering of a slot where most is new.
  if (slot < 0 || isOpen(memory, slot)) return;
  const record = inSlot(memory, scope, operation, field, low, high, adding);
  countDraw(memory.slots, slot, value.isFirstOfSlot ? 1 : 0, drawn(memory, record));
  use(memory, record, value, scope, lesson);
  if (!isLearned(memory, shown, at, scope)) learnAnywhere(memory, value, scope, lesson);
}

function learnAnywhere(memory: AgentEvidence, value: Lessoned, scope: number, lesson: Lesson): void {
  const record = anywhere(memory, scope, value.low, value.high, adding);
  const slot = classSlotOf(memory, scope, value.valueClass, adding);
  if (slot >= 0) countDraw(memory.slots, slot, value.isFirstOfClass ? 1 : 0, drawn(memory, record));
  use(memory, record, value, scope, lesson);
}

/** Whether the session has taught the same value before, in a slot that is not open. */
function isLearned(memory: AgentEvidence, { values }: SessionEvidence, at: number, scope: number): boolean {
  for (let before = 0; before < at; before += VALUE_WIDTH) {
    if (values[before + 3] !== values[at + 3] || values[before + 4] !== values[at + 4]) continue;
    if (!isOpen(memory, slotOf(memory, scope, values[before]!, values[before + 1]!))) return true;
  }
  return false;
}

/** A value that cannot be remembered counts as new. */
const drawn = (memory: AgentEvidence, record: number) => (record < 0 ? 1 : noteDraw(memory.values, record));

function use(
  memory: AgentEvidence,
  record: number,
  { sensitive }: Lessoned,
  scope: number,
  lesson: Lesson,
): void {
  const isLearning = scope === 0 ? memory.isLearning : lesson.workflowIsLearning;
  if (record < 0) memory.capped++;
  else noteUse(memory.values, record, lesson.unit, lesson.day, sensitive && !isLearning);
}
