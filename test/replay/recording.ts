/** Events written to files, and a replay of them as the command does it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import { Settings } from "../../schemas/settings.ts";
import { PUBLIC_KEY, tierOf } from "../../services/ingest/index.ts";
import { openRecorded } from "../../services/ingest/recorded.ts";
import { sourceNamed } from "../../services/ingest/sources/index.ts";
import type { Recorded } from "../../services/ports/recorded.ts";
import { type ReplayOptions, replay } from "../../services/replay/replay.ts";
import type { Random } from "../../services/simulator/random.ts";

export const LATENESS_MS = 30_000;

/** Makes files in a folder that goes when the tests have ended. */
export function recordings() {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-replay-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  let files = 0;
  return function record(events: readonly object[] | Uint8Array, name = "ndjson"): Recorded {
    const path = join(folder, `${++files}.${name}`);
    writeFileSync(
      path,
      events instanceof Uint8Array ? events : events.map((event) => `${JSON.stringify(event)}\n`).join(""),
    );
    return openRecorded({
      path,
      source: "offgraph",
      convert: sourceNamed("offgraph").open(),
      latenessMs: LATENESS_MS,
      tenant: "default",
      key: PUBLIC_KEY,
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      maxLineBytes: 65_536,
      tierOf,
    });
  };
}

/** A replay with the settings of a fresh installation. */
export async function replayed(
  inputs: readonly Recorded[],
  options: Partial<ReplayOptions> & { readonly maxAgents?: number } = {},
) {
  const findings: Finding[] = [];
  const { detectors, processor } = Settings.parse({});
  const settings = {
    detectors,
    processor: { ...processor, maxAgents: options.maxAgents ?? processor.maxAgents },
  };
  const result = await replay({
    inputs,
    settings,
    keyName: PUBLIC_KEY.name,
    onFinding: (finding) => findings.push(finding),
    ...options,
  });
  return { ...result, findings, lines: findings.map((finding) => JSON.stringify(finding)) };
}

/** The same events in an order in which none is later than the lateness, some of them twice. */
export function shuffled<Event extends { readonly time: string }>(
  events: readonly Event[],
  random: Random,
  repeatedShare: number,
): Event[] {
  const arrivals = events.flatMap((event) => {
    const arrive = () => ({ event, atMs: Date.parse(event.time) + random.below(LATENESS_MS) });
    return random.chance(repeatedShare) ? [arrive(), arrive()] : [arrive()];
  });
  return arrivals.sort((one, other) => one.atMs - other.atMs).map(({ event }) => event);
}
