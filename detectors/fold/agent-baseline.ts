/** What was learned of an agent, alone: what an undo or an import puts in the place of what is known. */
import type { Settings } from "../../schemas/settings.ts";
import { ByteWriter } from "../codec.ts";
import { DETECTORS, detectorSettingsOf } from "../index.ts";
import { decodeAgent } from "./agent-codec.ts";
import { forget, workingSet } from "./working-set.ts";

/** The detector that has baselines. */
const AT = DETECTORS.findIndex(({ baselineVersion }) => baselineVersion !== undefined);

/** The agent's own columns of what was learned, without its sessions and tokens, in stored entries; undefined if they cannot be read. */
export function agentBaseline(
  entries: ReadonlyMap<string, Uint8Array>,
  settings: Pick<Settings, "detectors">,
): Uint8Array | undefined {
  const set = workingSet(DETECTORS);
  const read = decodeAgent(entries, DETECTORS, detectorSettingsOf(settings.detectors), set);
  const detector = DETECTORS[AT];
  if (read === undefined || detector === undefined) return undefined;
  const isLost = read.unreadable.some((one) => one.detector === detector.id);
  const writer = new ByteWriter();
  writer.u8(detector.version);
  detector.columns.agent.write(read.agent.own[AT], writer);
  forget(set, read.agent);
  return isLost ? undefined : writer.take();
}
