/** Opens recorded files for a replay. */

import type { Settings } from "../../schemas/settings.ts";
import { clock } from "../clock.ts";
import { type Key, tierOf } from "../ingest/index.ts";
import { openRecorded } from "../ingest/recorded.ts";
import type { Recorded } from "../ports/recorded.ts";
import { converters } from "./converters.ts";
import type { FileInput } from "./inputs.ts";
import type { LineFile } from "./line-file.ts";

/** Where what comes out of a replay is written. */
export interface Outputs {
  readonly findings: LineFile;
  readonly letters: LineFile;
  readonly truth: LineFile;
}

/** Opens files. Fails with `unknown-source`; what is wrong with a file itself is told when it is read. */
export function fileOpener(
  { tenant, ingest }: Settings,
  { letters, truth }: Outputs,
  key: Key,
): (file: FileInput) => Recorded {
  const converterOf = converters({ truth: truth.write });
  const shared = {
    tenant,
    key,
    clock,
    maxLineBytes: ingest.maxLineBytes,
    tierOf,
    onRefused: letters.write,
  };
  return ({ path, source, latenessMs }) =>
    openRecorded({ ...shared, path, source, latenessMs, convert: converterOf(source) });
}
