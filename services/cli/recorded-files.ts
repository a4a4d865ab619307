/** Opens recorded files for a replay. */

import type { Settings } from "../../schemas/settings.ts";
import { clock } from "../clock.ts";
import { PUBLIC_KEY, tierOf } from "../ingest/index.ts";
import { openRecorded } from "../ingest/recorded.ts";
import { sourceNamed } from "../ingest/sources/index.ts";
import type { Recorded } from "../ports/recorded.ts";
import type { FileInput } from "./inputs.ts";
import type { LineFile } from "./line-file.ts";

/** Where what comes out of a replay is written. */
export interface Outputs {
  readonly findings: LineFile;
  readonly letters: LineFile;
  readonly truth: LineFile;
}

/** Token values are hashed with a key that everybody knows: comparable within the replay, and marked so in its findings. */
export const KEY_NAME = PUBLIC_KEY.name;

/** Fails with `unknown-source`; what is wrong with the file itself is told when it is read. */
export function openFile(
  file: FileInput,
  { tenant, ingest }: Settings,
  { letters, truth }: Outputs,
): Recorded {
  return openRecorded({
    path: file.path,
    source: sourceNamed(file.source),
    latenessMs: file.latenessMs,
    tenant,
    key: PUBLIC_KEY,
    clock,
    maxLineBytes: ingest.maxLineBytes,
    tierOf,
    onRefused: letters.write,
    truth: truth.write,
  });
}
