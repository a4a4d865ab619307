/** What egress says: denials to the gates, outcomes to the responder. */
import { type Action, type ActionOutcome, type Denial, targetKey } from "../../schemas/action.ts";
import type { Derived, Origin, Passage } from "../../schemas/origin.ts";
import { type NewRecord, partitionOf, type Stream } from "../ports/stream.ts";
import { toBytes } from "../records.ts";
import type { CarriedOut } from "./ledger.ts";

/** What has to be appended: the denials first, because an outcome says that they are durable. */
export interface Mail {
  readonly denials: readonly Derived<Denial>[];
  readonly outcomes: readonly Derived<ActionOutcome>[];
}

/** Appends denials, and when they are durable outcomes. */
export async function send(stream: Stream, { denials, outcomes }: Mail): Promise<void> {
  if (denials.length > 0)
    await stream.append(denials.map((denial) => denialRecord(denial, stream.partitions)));
  if (outcomes.length > 0)
    await stream.append(outcomes.map((outcome) => outcomeRecord(outcome, stream.partitions)));
}

/** Each record with the origin that its place in the list gives it. */
export const withOrigin = <Value>(
  values: readonly Value[],
  origin: Omit<Origin, "index">,
  passage: Passage = {},
): Derived<Value>[] => values.map((value, index) => ({ origin: { ...origin, index }, ...passage, value }));

/** What came of an action at the gates. */
export function outcomeOf(action: Action, { result, detail }: CarriedOut, nowMs: number): ActionOutcome {
  const { id, tenant, agent, incident, kind, target } = action;
  const time = new Date(nowMs).toISOString();
  return {
    action: id,
    tenant,
    agent,
    ...(incident && { incident }),
    kind,
    target,
    result,
    point: "gate",
    time,
    ...(detail && { detail }),
  };
}

function denialRecord(derived: Derived<Denial>, partitions: number): NewRecord {
  const key = targetKey(derived.value.tenant, derived.value.target);
  return { stream: "denials", partition: partitionOf(key, partitions), key, value: toBytes(derived) };
}

/** Outcomes are keyed like findings: the responder's owner of the agent reads them. */
function outcomeRecord(derived: Derived<ActionOutcome>, partitions: number): NewRecord {
  const { tenant, agent } = derived.value;
  return {
    stream: "outcomes",
    partition: partitionOf(`${tenant}/${agent}`, partitions),
    value: toBytes(derived),
    trace: derived.trace,
  };
}
