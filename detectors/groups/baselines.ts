/** What an agent of the working set adds for a day, of all that detectors keep of it. */
import type { Baseline } from "../baseline/baseline.ts";
import { DETECTORS } from "../index.ts";
import type { AgentRow } from "../rows.ts";
import { contributionAt } from "./contribute.ts";
import type { Contribution } from "./contribution.ts";

const AT = DETECTORS.findIndex(({ id }) => id === "out-of-graph");

/** What it adds for the day `epoch`; `gone` if that was not kept, because it has moved on too far. Nothing if its sessions are not scored. */
export function addedBy({ epoch: newest, own }: AgentRow, epoch: number): Contribution | "gone" | undefined {
  return contributionAt(own[AT] as Baseline, newest, epoch);
}
