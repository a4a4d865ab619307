/** Fold and settings together: what the processor and replay both run. */
import { createHash } from "node:crypto";
import type { OnScored } from "../detectors/fold/hearing.ts";
import { createFold, type Fold } from "../detectors/fold.ts";
import type { PeerVersions } from "../detectors/groups/book.ts";
import { DETECTORS, detectorSettingsOf } from "../detectors/index.ts";
import type { Settings } from "../schemas/settings.ts";

export interface Judge {
  readonly fold: Fold;
  /** Settings of each detector, in the order of the catalogue. */
  readonly detectorSettings: readonly unknown[];
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** `keyName` is the name of the key that secrets were hashed with; findings carry it. `onScored` is told each call's score; `groups` are the versions of peer groups. */
export function createJudge(
  settings: Pick<Settings, "detectors" | "processor">,
  keyName: string,
  onScored?: OnScored,
  groups?: PeerVersions,
): Judge {
  const detectorSettings = detectorSettingsOf(settings.detectors);
  const { latenessMs } = settings.processor;
  const hash = sha256(
    JSON.stringify([latenessMs, DETECTORS.map(({ id, version }, at) => [id, version, detectorSettings[at]])]),
  );
  const provenance = { digest: sha256, settings: hash.slice(0, 12), key: keyName };
  return {
    fold: createFold(DETECTORS, detectorSettings, { latenessMs, onScored, groups }, provenance),
    detectorSettings,
  };
}
