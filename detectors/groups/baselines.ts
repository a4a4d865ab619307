/** What an agent of the working set adds for a day, of all that detectors keep of it. */
import { DETECTORS } from "../index.ts";
import type { AgentRow } from "../rows.ts";
import type { Contribution } from "./contribution.ts";

const AT = DETECTORS.findIndex(({ sharing }) => sharing !== undefined);

/** What it adds for the day `epoch`: see Sharing in detector.ts. */
export function addedBy({ epoch: newest, own }: AgentRow, epoch: number): Contribution | "gone" | undefined {
  return DETECTORS[AT]?.sharing?.contribution(own[AT], newest, epoch);
}
