/** What the schema cannot know about the playbook: which detectors and kinds of finding there are, and that each step has a name of its own. */
import type { PlaybookStep } from "../../schemas/settings.ts";
import type { FieldPath } from "../plain-words.ts";
import type { DetectorSettings } from "./detectors.ts";
import { describePlace, type SettingSources, unknownValue } from "./errors.ts";

/** One line for each thing that is wrong. Without detectors only the names of the steps are looked at. */
export function playbookFaults(
  steps: readonly PlaybookStep[],
  detectors: readonly DetectorSettings[] | undefined,
  origins: SettingSources,
): string[] {
  return steps.flatMap((step, at) => [
    ...nameFaults(step, steps.slice(0, at), ["playbook", at, "name"], origins),
    ...(detectors === undefined ? [] : whenFaults(step, detectors, ["playbook", at, "when"], origins)),
  ]);
}

function nameFaults(
  { name }: PlaybookStep,
  earlier: readonly PlaybookStep[],
  path: FieldPath,
  origins: SettingSources,
): string[] {
  if (!earlier.some((step) => step.name === name)) return [];
  return [
    `${describePlace(path, origins)}: expected a name that no other step has, got ${JSON.stringify(name)}`,
  ];
}

/** A step that waits for what no detector says would never act, and nobody would notice. */
function whenFaults(
  { when }: PlaybookStep,
  detectors: readonly DetectorSettings[],
  path: FieldPath,
  origins: SettingSources,
): string[] {
  const unknown = (key: "detectors" | "kinds", noun: string, known: readonly string[]) =>
    (when[key] ?? []).flatMap((value, at) =>
      known.includes(value) ? [] : [unknownValue([...path, key, at], value, noun, origins, known)],
    );
  const ids = detectors.map(({ id }) => id);
  const chosen = detectors.filter(({ id }) => when.detectors?.includes(id) ?? true);
  // If no detector of the step is known, that alone is the fault.
  const kinds = (chosen.length > 0 ? chosen : detectors).flatMap(({ about }) => Object.keys(about.kinds));
  return [
    ...unknown("detectors", "detector", ids),
    ...unknown("kinds", "kind of these detectors' findings", kinds),
  ];
}
