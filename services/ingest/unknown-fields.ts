/** Fields that a sender wrote and the schema does not know: mostly slips of the pen, which would be lost without a word. */
import { metrics } from "@opentelemetry/api";
import { scrubText } from "./secrets.ts";

/** Names that an answer lists. */
const MAX_LISTED = 10;
/** Longest name that is shown, in characters. */
const NAME_LENGTH = 64;

const ignoredTotal = metrics.getMeter("offgraph").createCounter("offgraph_ingest_unknown_fields_total", {
  description: "Fields of events that the schema does not know, by source; they are left out",
});

/** The paths of what stands in `given` and not in `kept`, such as `agent.nmae`. */
export function unknownFields(given: object, kept: object, path = ""): string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    if (!Object.hasOwn(kept, name)) return [path + name];
    const part: unknown = Reflect.get(kept, name);
    // What the schema keeps as it is may be of any depth.
    if (part === value || !isObject(value) || !isObject(part)) return [];
    return unknownFields(value, part, `${path}${name}.`);
  });
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** An unknown field, and the first line that has it. */
export interface UnknownFieldWarning {
  readonly field: string;
  readonly line: number;
  readonly message: string;
}

/** Counts the unknown fields of a batch and lists the first ten names. `label` is the source's name in metrics. */
export function openFieldWarnings(label: string) {
  const listed = new Map<string, UnknownFieldWarning>();
  let total = 0;
  return {
    add(line: number, fields: readonly string[]): void {
      total += fields.length;
      for (const path of fields) {
        if (listed.size === MAX_LISTED) return;
        const field = shown(path);
        const message = "no event has this field here; it was left out";
        if (!listed.has(field)) listed.set(field, { field, line, message });
      }
    },
    /** What was listed; counts the rest. */
    finish(): readonly UnknownFieldWarning[] {
      if (total > 0) ignoredTotal.add(total, { source: label });
      return [...listed.values()];
    },
  };
}

/** A name that the sender chose, fit to be shown. */
function shown(path: string): string {
  const clean = scrubText(path.slice(0, 4 * NAME_LENGTH)).replace(/\p{Cc}+/gu, " ");
  return clean.slice(0, NAME_LENGTH);
}
