/** Makes the whole finding of what a detector alone knows: identity, time, provenance, taxonomy. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import { AgentId, EventId, FindingId, Tenant } from "../../schemas/ids.ts";
import type { Detector, FindingDraft, Rows } from "../detector.ts";
import type { AgentRow } from "../rows.ts";
import { TAXONOMY, type Taxonomy } from "../tags.ts";
import type { TokenRow } from "../token-row.ts";

/** What a finding says of the run that made it. */
export interface Provenance {
  /** SHA-256 in hexadecimal; handed in because the detectors' room does no I/O and imports no platform. */
  digest(text: string): string;
  /** First digits of the hash of the detector settings. */
  readonly settings: string;
  /** Name of the key that secrets were hashed with. */
  readonly key: string;
}

/** The whole finding. Throws if the detector does not declare the kind. */
export function complete(
  detector: Detector,
  draft: FindingDraft,
  rows: Rows<unknown, unknown>,
  event: EventView,
  provenance: Provenance,
): Finding {
  const kind = detector.about.kinds[draft.kind];
  if (kind === undefined) throw new Error(`${detector.id} does not declare the kind ${draft.kind}`);
  const { agent, session, token } = rows;
  const trigger = draft.trigger ?? { eventId: event.id, time: event.time };
  const identity = [detector.id, agent.tenant, agent.id, trigger.eventId, draft.kind, draft.about ?? ""].join(
    "\n",
  );
  const workflow = event.text(TEXT.workflow);
  return {
    id: FindingId.parse(`f-${provenance.digest(identity).slice(0, 32)}`),
    detector: detector.id,
    detectorVersion: detector.version,
    kind: draft.kind,
    severity: draft.severity ?? kind.severity,
    evidenceKind: kind.evidence,
    time: new Date(trigger.time).toISOString(),
    tenant: Tenant.parse(agent.tenant),
    agent: AgentId.parse(agent.id),
    session: session.name,
    ...(workflow === "" ? {} : { workflow }),
    ...(token === undefined
      ? {}
      : {
          token: named({
            publicId: event.text(TEXT.publicId),
            hash: hashOf(token, event),
            family: token.family,
          }),
        }),
    eventIds: evidence(draft.earlier ?? [], trigger.eventId),
    summary: draft.summary,
    expected: draft.expected,
    ...(draft.rarity === undefined ? {} : { rarity: draft.rarity }),
    silencedBy: kind.silencedBy,
    ...(draft.newVersion && { newVersion: draft.newVersion }),
    evidence: { ...draft.evidence },
    judgedBy: judgesOf(draft, agent, provenance),
    tags: tagsOf(kind.tags),
  };
}

const judgesOf = (
  { peerVersion }: FindingDraft,
  { baselineVersion }: AgentRow,
  { settings, key }: Provenance,
) => ({
  baseline: baselineVersion,
  ...(peerVersion !== undefined && { peerVersion }),
  settings,
  key,
});

const hashOf = (token: TokenRow, event: EventView) => event.text(TEXT.hash) || token.hash;

/** Each event once, the trigger last. */
function evidence(earlier: readonly string[], trigger: string): EventId[] {
  const others = new Set(earlier);
  others.delete(trigger);
  return [...others, trigger].map((id) => EventId.parse(id));
}

/** Without the fields that are empty. */
function named<Fields extends Record<string, string>>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")) as Partial<Fields>;
}

function tagsOf(names: readonly Taxonomy[]): Finding["tags"] {
  const all = (list: keyof Finding["tags"]) => [
    ...new Set(names.flatMap((name) => TAXONOMY[name][list] as readonly string[])),
  ];
  return {
    attack: all("attack"),
    atlas: all("atlas"),
    owaspAgentic: all("owaspAgentic"),
    owaspNhi: all("owaspNhi"),
  };
}
