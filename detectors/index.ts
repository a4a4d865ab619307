/** The catalogue: every detector, in reading order. A test keeps it the same as the folder. */
import type { Detector } from "./detector.ts";
import { outOfGraph } from "./out-of-graph.ts";
import { refreshStorm } from "./refresh-storm.ts";
import { tokenReuse } from "./token-reuse.ts";

/** Every detector, in reading order. */
export const DETECTORS: readonly Detector[] = [tokenReuse, outOfGraph, refreshStorm];

/** The settings of each detector, in the order of the catalogue, checked and completed. Throws what zod throws. */
export function detectorSettingsOf(given: Readonly<Record<string, unknown>>): readonly unknown[] {
  return DETECTORS.map((detector) => detector.settings.parse(given[detector.id] ?? {}));
}

/** What incidents are called, by detector: for whoever gathers findings and must not know detectors. */
export const CAUSES: ReadonlyMap<string, string> = new Map(
  DETECTORS.map(({ id, about }) => [id, about.cause ?? id]),
);
