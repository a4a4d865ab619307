/** Replay of a file, as the command line does it, without its output. */
import type { Finding } from "../../schemas/finding.ts";
import { Settings } from "../../schemas/settings.ts";
import { clock } from "../../services/adapters/clock.ts";
import { PUBLIC_KEY, tierOf } from "../../services/ingest/index.ts";
import { openRecorded } from "../../services/ingest/recorded.ts";
import { offgraph } from "../../services/ingest/sources/offgraph.ts";
import { replay } from "../../services/replay/replay.ts";

const LATENESS_MS = 30_000;

/**
 * Folds a file of our own events from an empty state, with these settings of out-of-graph. Answers how many events they were;
 * throws what ended it early.
 */
export async function replayFile(
  path: string,
  onFinding: (finding: Finding) => void,
  outOfGraph: object = {},
): Promise<number> {
  const settings = Settings.parse({ detectors: { "out-of-graph": outOfGraph } });
  const input = openRecorded({
    path,
    source: offgraph.name,
    convert: offgraph.open(),
    latenessMs: LATENESS_MS,
    tenant: settings.tenant,
    key: PUBLIC_KEY,
    clock,
    maxLineBytes: settings.ingest.maxLineBytes,
    tierOf,
  });
  const { figures, fault } = await replay({ inputs: [input], settings, keyName: PUBLIC_KEY.name, onFinding });
  if (fault !== undefined) throw fault;
  return figures.events;
}
