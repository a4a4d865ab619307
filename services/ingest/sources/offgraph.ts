/** Our own event JSON. The door checks it against the schema; nothing is derived here. */
import type { EventDraft, Source } from "../source.ts";
import { isObject, unknownRecord } from "./parse.ts";

export const offgraph: Source = {
  name: "offgraph",
  title: "Offgraph's own event JSON",
  about: `Reads one event per record, in the shape of schemas/json/event.json. May be left out: \`tenant\` and \`source\` (never taken from
a record), \`agent\` where a token names it, the tier of an operation (then by its name). A target may be one text or a list.
\`token.value\` is replaced by a keyed hash before anything is stored.
Loses what the schema does not know, and target values that are no identifiers.`,
  open: () => (record) =>
    isObject(record) ? { events: [record as EventDraft] } : unknownRecord("an event must be a JSON object"),
};
