/** What a session teaches: once it has ended without a finding, or was released. */
import type { Caps } from "../detector.ts";
import * as evidence from "../evidence/evidence.ts";
import type { Baseline } from "./baseline.ts";
import { learn } from "./learn.ts";
import { bringForSession } from "./near.ts";
import type { SessionPath } from "./path.ts";
import type { BaselineSettings } from "./settings.ts";
import { noteLearned } from "./versions/lineage.ts";

/** Learns from a whole session; `day` is that of `dayOf`. */
export function teach(
  baseline: Baseline,
  path: SessionPath,
  day: number,
  settings: BaselineSettings,
  caps: Caps,
): void {
  const { version, graph } = baseline;
  const { count } = graph;
  bringForSession(baseline);
  evidence.learn(baseline, path, day, settings);
  learn(baseline, path, day, settings);
  noteLearned(baseline, path, count);
  evidence.end(baseline, baseline.version > version, settings);
  countCapped(baseline, caps);
}

function countCapped(baseline: Baseline, caps: Caps): void {
  const capped = baseline.capped + (baseline.memory?.capped ?? 0);
  // Less than before if a person has undone it.
  caps.learned += Math.max(0, capped - baseline.cappedCounted);
  baseline.cappedCounted = capped;
}

/** Days since 2000, so that they fit 16 bits until 2179; the time is in ms since 1970. */
export const dayOf = (timeMs: number) => Math.floor(timeMs / 86_400_000) - 10_957;
