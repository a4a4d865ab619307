/** An agent that pays and writes, and the evidence of its calls. */
import type { AppraisedTarget } from "../../../detectors/evidence/appraise.ts";
import { type Lesson, learnEvidence } from "../../../detectors/evidence/learn.ts";
import { type AgentEvidence, newAgentEvidence, promote } from "../../../detectors/evidence/memory.ts";
import { type AppraisedCall, observe, terms } from "../../../detectors/evidence/observe.ts";
import { newSessionEvidence, type SessionEvidence } from "../../../detectors/evidence/session.ts";
import { TERMS } from "../../../detectors/evidence/term.ts";
import { hashed, hashText } from "../../../detectors/evidence/text-hash.ts";

const FIELDS = ["", "recipient", "subject", "product_id", "repo_name"];

/** A target as the wiring would give it. */
export function target(name: string, text: string, origin = 0): AppraisedTarget {
  hashText(`${name} ${text}`, 1, 2);
  const { low, high } = hashed;
  return { field: FIELDS.indexOf(name), low, high, origin, name: () => name, text: () => text };
}

const CALM: AppraisedCall = {
  tenantLow: 11,
  tenantHigh: 12,
  scope: 1,
  operation: 5,
  tier: 2,
  result: 1,
  surpriseBits: 1,
  isNewOperation: false,
  madeUp: 0,
  isLearnable: true,
  targets: [],
  sourced: 0,
  fromOutput: 0,
};

/** A read that answers. */
export const READ: Partial<AppraisedCall> = { operation: 4, tier: 0 };

/** Observes calls of one session; answers the terms of the last by name, without those that are 0. */
export function observed(
  memory: AgentEvidence,
  shown: SessionEvidence,
  ...steps: readonly Partial<AppraisedCall>[]
): Record<string, number> {
  for (const step of steps) observe(memory, shown, { ...CALM, ...step });
  const named = TERMS.map(({ name }, at) => [name, terms[at] ?? 0] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== 0));
}

/** One session of these calls, learned. */
export function lived(
  memory: AgentEvidence,
  steps: readonly Partial<AppraisedCall>[],
  lesson: Partial<Lesson> = {},
): void {
  const session = newSessionEvidence();
  const { unit = 1 } = lesson;
  observed(memory, session, ...steps);
  learnEvidence(memory, session, {
    workflow: 1,
    day: 1,
    needed: 2,
    workflowIsLearning: false,
    ...lesson,
    unit,
  });
}

/** An agent whose twenty sessions, from as many trust units, paid the same three people. */
export function acquainted(): AgentEvidence {
  const memory = newAgentEvidence();
  const people = ["ann.miller@firm.io", "bob.olive@firm.io", "eve.stone@firm.io"];
  for (let unit = 1; unit <= 20; unit++) {
    const recipient = people[unit % 3] ?? "";
    lived(
      memory,
      [
        READ,
        {
          targets: [
            target("recipient", recipient),
            target("subject", "Rent of the month"),
            target("product_id", `P10${unit % 2}`),
          ],
        },
      ],
      { unit },
    );
  }
  promote(memory, { needed: 2, learning: true, sessions: 5 });
  memory.isLearning = false;
  return memory;
}
