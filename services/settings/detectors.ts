/** Settings of detectors: each stands with its detector, and is checked by the detector's own schema. */
import type { z } from "zod";
import type { Settings } from "../../schemas/settings.ts";
import { complaints, namesAt, type SettingSources, unknownName } from "./errors.ts";

/** What a detector says about its own settings, and about what it finds. */
export interface DetectorSettings {
  readonly id: string;
  readonly about: { readonly kinds: Readonly<Record<string, unknown>> };
  readonly settings: z.ZodType;
}

/** Each detector checks its own settings; what is not set is filled in, so that `config print` shows all. `wrong` has one line for each fault. */
export function checkDetectors(
  given: Settings["detectors"],
  detectors: readonly DetectorSettings[] | undefined,
  origins: SettingSources,
): { settings: Settings["detectors"]; wrong: string[] } {
  if (detectors === undefined) return { settings: given, wrong: [] };
  const ids = detectors.map((detector) => detector.id);
  const wrong = Object.keys(given)
    .filter((id) => !ids.includes(id))
    .map((id) => unknownName(["detectors", id], origins, ids));
  const result: Settings["detectors"] = {};
  for (const { id, settings } of detectors) {
    const parsed = settings.safeParse(given[id] ?? {});
    if (parsed.success) result[id] = parsed.data as Record<string, unknown>;
    else wrong.push(...detectorFaults(id, settings, parsed.error, given, origins));
  }
  return { settings: result, wrong };
}

function detectorFaults(
  id: string,
  settings: z.ZodType,
  error: z.ZodError,
  given: unknown,
  origins: SettingSources,
): string[] {
  const issues = error.issues.map((issue) => ({ ...issue, path: ["detectors", id, ...issue.path] }));
  return complaints(issues, { detectors: given }, origins, (path) => namesAt(settings, path.slice(2)));
}
