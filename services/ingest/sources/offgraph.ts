/** Our own event JSON. The door checks it against the schema; nothing is derived here. */
import type { Draft, Source } from "../source.ts";
import { isObject, unknownRecord } from "./parse.ts";

export const offgraph: Source = {
  name: "offgraph",
  title: "Offgraph's own event JSON",
  about: `Reads one event per record, in the shape of schemas/json/event.json. \`tenant\` and \`source\` may be left out; \`agent\`
may be left out where a token names it; \`token.value\` is replaced by a keyed hash before anything is stored.
Derives nothing and loses nothing: fields that the schema does not know are ignored.`,
  open: () => (record) =>
    isObject(record) ? { events: [record as Draft] } : unknownRecord("an event must be a JSON object"),
};
