/** Findings on their way out: each with its origin, to the partition of its agent. */
import { groupOf } from "../../detectors/fold/working-set.ts";
import type { EventView } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import { type NewRecord, partitionOf } from "../ports/stream.ts";
import { countFindings } from "./metrics.ts";
import type { State } from "./state.ts";

/** A finding to be appended, and when its event was observed: ms since 1970, NaN if unknown. */
export interface FindingRecord extends NewRecord {
  readonly finding: Finding;
  readonly observedMs: number;
}

/** Collects the findings of the event at a position. */
export function findingsTo(
  out: NewRecord[],
  { partition, stream }: State,
  event: EventView,
  position: number,
) {
  let index = 0;
  return (finding: Finding): void => {
    const origin = { stage: "processor", partition, position, index: index++ } as const;
    const derived: Derived<Finding> = { origin, value: finding };
    const to = partitionOf(groupOf(finding.tenant, finding.agent), stream.partitions);
    const value = Buffer.from(JSON.stringify(derived));
    const observedMs = Date.parse(JSON.parse(event.line()).observedTime);
    out.push({ stream: "findings", partition: to, value, finding, observedMs } as FindingRecord);
  };
}

/** Appends what events have led to, and counts the findings among it. */
export async function send(out: readonly NewRecord[], { stream, clock }: State): Promise<void> {
  if (out.length === 0) return;
  await stream.append(out);
  countFindings(out.filter(isFinding), clock.now());
}

const isFinding = (record: NewRecord): record is FindingRecord => "finding" in record;
