/** What a view shows, beside what the event says: both in the same form, so that a test compares them whole. */
import { EVENT_KINDS } from "../../schemas/event.ts";
import * as view from "../../schemas/event-view.ts";
import { type EventColumns, EventView, TEXT, TIMES } from "../../schemas/event-view.ts";
import { ORIGINS, OUTCOMES } from "../../schemas/operation.ts";
import type { Fields, Json } from "./events.ts";

/** Everything that the hot path can ask of an event. */
export interface Shown {
  readonly kind: string | undefined;
  readonly numbers: readonly number[];
  readonly times: readonly number[];
  readonly texts: Readonly<Record<string, string>>;
  readonly audiences: readonly string[];
  /** Field and value in turn. */
  readonly targets: readonly string[];
  /** Of each target, in words; undefined if it is not told. */
  readonly origins: readonly (string | undefined)[];
}

const COLUMNS = [
  view.TIER,
  view.RESULT,
  view.STATUS,
  view.PROVIDER,
  view.ASN,
  view.GENERATION,
  view.SOURCED,
  view.FROM_OUTPUT,
] as const;

/** What a slot shows. */
export function shownBy(columns: EventColumns, slot: number): Shown {
  const event = new EventView(columns).move(slot);
  const texts = Object.entries(TEXT).filter(([, column]) => event.has(column));
  const targets = Array.from({ length: event.number(view.TARGETS) }, (_, i) => view.TARGET_AT + i * 8);
  return {
    kind: event.kind,
    numbers: COLUMNS.map((column) => event.number(column)),
    times: Array.from({ length: TIMES }, (_, column) => columns.times[slot * TIMES + column] ?? 0),
    texts: Object.fromEntries(texts.map(([name, column]) => [name, event.text(column)])),
    audiences: Array.from({ length: event.number(view.AUDIENCES) }, (_, i) =>
      event.textAt(view.AUDIENCE_AT + i * 4),
    ),
    targets: targets.flatMap((at) => [event.textAt(at), event.textAt(at + 4)]),
    origins: targets.map((_, target) => ORIGINS[event.origin(target) - 1]),
  };
}

/** What a view of this event must show. */
export function shownOf(event: Fields): Shown {
  const part = (name: string) => (event[name] ?? {}) as Fields;
  const [token, operation, outcome, network] = [
    part("token"),
    part("operation"),
    part("outcome"),
    part("network"),
  ];
  const number = (value: Json | undefined, absent: number) =>
    typeof value === "number" ? value | 0 : absent;
  const time = (value: Json | undefined) => (typeof value === "string" ? Date.parse(value) : Number.NaN);
  const targets = (operation.targets ?? {}) as Record<string, string[]>;
  const told = Object.entries((operation.provenance ?? {}) as Record<string, string>);
  return {
    kind: EVENT_KINDS.find((kind) => kind === event.kind),
    numbers: [
      number(operation.tier, 0),
      (OUTCOMES as readonly unknown[]).indexOf(outcome.result) + 1,
      number(outcome.status, -1),
      network.provider === true ? 1 : 0,
      number(network.asn, 0),
      number(token.generation, -1),
      told.length,
      told.filter(([, origin]) => origin === "output").length,
    ],
    times: [time(event.time), time(event.observedTime), time(token.issuedAt), time(token.expiresAt)],
    texts: textsOf(event, part("agent"), part("trace"), token, operation, network),
    audiences: (token.audience ?? []) as string[],
    targets: Object.entries(targets).flatMap(([field, values]) => values.flatMap((value) => [field, value])),
    origins: Object.entries(targets).flatMap(([field, values]) => values.map(() => originOf(field, told))),
  };
}

/** Of the arguments that a field is, or is a part of, the one with the longest name says where it came from. */
function originOf(field: string, told: readonly (readonly [string, string])[]): string | undefined {
  const fitting = told.filter(([name]) => field === name || field.startsWith(`${name}.`));
  return fitting.sort(([one], [other]) => other.length - one.length)[0]?.[1];
}

function textsOf(
  event: Fields,
  agent: Fields,
  trace: Fields,
  token: Fields,
  operation: Fields,
  network: Fields,
): Record<string, string> {
  const { id, tenant, source, trustUnit, workflow, session } = event;
  const { version, instance, group } = agent;
  const { publicId, hash, family, rootGrant, binding, proof } = token;
  const { ip, node } = network;
  const ofEvent = {
    id,
    tenant,
    source,
    agent: agent.id,
    version,
    instance,
    group,
    trustUnit,
    workflow,
    session,
    trace: trace.id,
  };
  const ofParts = {
    publicId,
    hash,
    family,
    rootGrant,
    binding,
    proof,
    service: operation.service,
    operation: operation.name,
    ip,
    node,
  };
  const all = Object.entries({ ...ofEvent, ...ofParts });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
