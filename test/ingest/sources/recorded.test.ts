/** The sources on recorded data, where it is present. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { EventInput } from "../../../services/ingest/event-input.ts";
import type { Converted, EventDraft } from "../../../services/ingest/source.ts";
import { sourceNamed } from "../../../services/ingest/sources/index.ts";

const folder = join(import.meta.dirname, "../../../../shared/data");
const there = existsSync(folder);
const linesOf = (name: string) =>
  gunzipSync(readFileSync(join(folder, `${name}.ndjson.gz`)))
    .toString()
    .trimEnd()
    .split("\n");
const recordsOf = (name: string) => linesOf(name).map((line) => JSON.parse(line));

function convert(name: string, source: string): { events: EventDraft[]; refused: Converted["refused"][] } {
  const converted = recordsOf(name).map(sourceNamed(source).open());
  const refused = converted.flatMap((one) => one.refused ?? []);
  return { events: converted.flatMap(({ events }) => events), refused };
}
/** How many events of each kind fit the schema. */
function fitting(events: readonly EventDraft[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const event of events)
    if (EventInput.safeParse(event).success) kinds[event.kind] = (kinds[event.kind] ?? 0) + 1;
  return kinds;
}
const calls = (events: readonly EventDraft[]) =>
  events.flatMap((event) => (event.kind === "api.called" ? [event] : []));

it.runIf(there)(
  "every raw CloudTrail record gives its call, and every issued credential its issuance",
  () => {
    const { events, refused } = convert("cloudtrail_invictus.raw", "cloudtrail");
    expect(refused).toEqual([]);
    expect(fitting(events)).toEqual({ "api.called": 2900, "token.issued": 36 });
  },
);

it.runIf(there)(
  "CloudTrail calls agree with the flattened file in agent, service, action, token and error",
  () => {
    const flattened = new Map(recordsOf("cloudtrail_invictus").map((record) => [record.id, record]));
    for (const { id, agent, operation, outcome, token } of calls(
      convert("cloudtrail_invictus.raw", "cloudtrail").events,
    )) {
      const { agent: principal, service, action, token: key, outcome: code } = flattened.get(id);
      expect([
        agent?.id,
        operation.service,
        operation.name,
        token?.publicId ?? null,
        outcome?.reason ?? "ok",
      ]).toEqual([principal, service, action, key || null, code]);
    }
  },
);

it.runIf(there)("a credential's uses are of the agent that it was issued to", () => {
  const { events } = convert("cloudtrail_invictus.raw", "cloudtrail");
  const issued = new Map(
    events.flatMap((e) => (e.kind === "token.issued" ? [[e.token.publicId, e.agent?.id]] : [])),
  );
  const used = calls(events).flatMap(({ token, agent }) =>
    issued.has(token?.publicId) ? [[token?.publicId, agent?.id]] : [],
  );
  expect(new Set(used.map(([key]) => key)).size).toBe(8);
  for (const [key, agent] of used) expect(agent).toBe(issued.get(key));
});

it.runIf(there)("no session token of the CloudTrail file is in any event", () => {
  const secrets = linesOf("cloudtrail_invictus.raw").flatMap(
    (line) => line.match(/(?<="sessionToken": ?")[^"]+/) ?? [],
  );
  expect(secrets).toHaveLength(36);
  const text = JSON.stringify(convert("cloudtrail_invictus.raw", "cloudtrail"));
  for (const secret of secrets) expect(text.includes(secret.slice(0, 40))).toBe(false);
});

it.runIf(there)("every recorded session gives its calls in order", () => {
  const { events, refused } = convert("agentdyn.dev", "sessions");
  expect(refused).toEqual([]);
  expect(events).toHaveLength(113_856);
  expect(fitting(events.slice(0, 5000))).toEqual({ "api.called": 5000 });
  expect(events.every(({ time }, index) => index === 0 || time > (events[index - 1]?.time ?? ""))).toBe(true);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

it.runIf(there)("sessions without labels, provenance or defence are read too", () => {
  const { events, refused } = convert("tau_airline", "sessions");
  expect(refused).toEqual([]);
  expect(fitting(events)).toEqual({ "api.called": 1164 });
});
