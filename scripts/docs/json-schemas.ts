/**
 * The contract for programs that are not ours: one JSON Schema (draft 2020-12) for each noun.
 * All describe what may be sent: unknown fields are allowed where our own readers ignore them.
 */
import { z } from "zod";
import { DETECTORS } from "../../detectors/index.ts";
import { Action, ActionOutcome, Decision, Denial, Incident } from "../../schemas/action.ts";
import { DeadLetter } from "../../schemas/dead-letter.ts";
import { Event } from "../../schemas/event.ts";
import { Finding } from "../../schemas/finding.ts";
import { Settings } from "../../schemas/settings.ts";
import { EventInput } from "../../services/ingest/event-input.ts";
import { named, type SchemaNode } from "./named.ts";

const SCHEMAS: Readonly<Record<string, readonly [title: string, schema: z.ZodType]>> = {
  event: ["One thing a principal did, as the events stream holds it", Event],
  "event-input": ["One event as POST /v1/events and offgraph ingest take it", EventInput],
  finding: ["What one detector concluded", Finding],
  incident: ["Findings about one agent with one cause", Incident],
  decision: ["A person's word about an incident or an agent", Decision],
  action: ["One playbook step asked of one target", Action],
  outcome: ["What came of an action at one enforcement point", ActionOutcome],
  denial: ["One line of the deny list", Denial],
  "dead-letter": ["A record that was set aside, with its reason", DeadLetter],
  settings: ["The file offgraph.yaml", withDetectors()],
};

/** Text by path, one file for each schema. */
export function jsonSchemas(): [path: string, text: string][] {
  return Object.entries(SCHEMAS).map(([name, [title, schema]]) => [
    `schemas/json/${name}.json`,
    `${JSON.stringify({ title, ...printed(schema) }, null, 2)}\n`,
  ]);
}

/** What is used more than once stands under `$defs`, named for the field it was first met in. */
function printed(schema: z.ZodType): SchemaNode {
  return named(z.toJSONSchema(schema, { io: "input", reused: "ref" }) as SchemaNode);
}

/** The settings with each detector's own, so that an editor completes them too. */
function withDetectors(): z.ZodType {
  const own = DETECTORS.map(({ id, settings }) => [id, settings.optional()] as const);
  const detectors = z.strictObject(Object.fromEntries(own)).optional();
  return Settings.extend({
    detectors: detectors.describe("Settings by detector; see the detectors' pages."),
  });
}
