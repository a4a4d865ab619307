/** Findings on their way out: each with its origin, to the partition of its agent. */
import { groupOf } from "../../detectors/fold/working-set.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import { type NewRecord, partitionOf } from "../ports/stream.ts";
import type { State } from "./state.ts";

/** Collects the findings of the event at a position. */
export function findingsTo(out: NewRecord[], { partition, stream }: State, position: number) {
  let index = 0;
  return (finding: Finding): void => {
    const origin = { stage: "processor", partition, position, index: index++ } as const;
    const record: Derived<Finding> = { origin, value: finding };
    const to = partitionOf(groupOf(finding.tenant, finding.agent), stream.partitions);
    out.push({ stream: "findings", partition: to, value: Buffer.from(JSON.stringify(record)) });
  };
}
