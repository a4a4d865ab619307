/** An agent from the store into memory. */
import { decodeAgent } from "../../detectors/fold/agent-codec.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { Entries } from "../ports/store.ts";
import { unreadableStateTotal } from "./metrics.ts";
import type { State } from "./state.ts";

/** Reads it into the working set; what of it cannot be read is counted. */
export function takeIn({ judge, set, unreadable }: State, entries: Entries): void {
  const read = decodeAgent(entries, DETECTORS, judge.detectorSettings, set);
  // Without the shared columns nothing of the agent can be read.
  const lost = read?.unreadable ?? DETECTORS.map(({ id }) => ({ detector: id }));
  for (const { detector } of lost) unreadableStateTotal.add(1, { detector });
  if (lost.length > 0) unreadable.agents++;
}
