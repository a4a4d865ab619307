/**
 * The door: the only way from outside into the log. It checks an event against the schema, replaces a token's value by
 * a keyed hash, finds the agent, stamps tenant, source and observed time, and removes what looks like a secret; all of
 * it before anything is kept.
 */
import { metrics } from "@opentelemetry/api";
import type { ErrorCode } from "../../schemas/errors.ts";
import type { Event } from "../../schemas/event.ts";
import { canonicalEvent } from "../../schemas/event-line.ts";
import { ID_LENGTH } from "../../schemas/ids.ts";
import { MAX_TARGETS, TARGET_LENGTH } from "../../schemas/operation.ts";
import { claimsOf } from "./claims.ts";
import { EventInput, type OperationInput, problems, type TokenInput } from "./event-input.ts";
import { type Key, keyedHash } from "./key.ts";
import { looksSecret, scrub } from "./secrets.ts";
import { unknownFields } from "./unknown-fields.ts";

/** An event may lie this far ahead of when it was observed, because clocks differ. */
export const MAX_AHEAD_MS = 300_000;

/** What a door stamps on events and hashes with. */
export interface DoorOptions {
  readonly key: Key;
  /** Stamped on every event, whatever the event says. */
  readonly tenant: string;
  readonly source: string;
  /** The tier of an operation whose sender named none. */
  readonly tierOf: (service: string, name: string) => 0 | 1 | 2;
}

/** An event as the log holds it, or why it was refused: `invalid-event` or `future-event`. */
type Admission = (
  | { readonly event: Event; readonly line: string }
  | { readonly refused: { readonly code: ErrorCode; readonly message: string } }
) & {
  /** Paths of fields that the schema does not know, and left out; of what it refuses they are not told. */
  readonly ignored?: readonly string[];
};

/**
 * Lets one event in. `observedTimeMs` is now, for a live source: an event that names no earlier observed time gets it.
 * Without it (files) an event keeps what it says, and one that says nothing is taken as observed in time.
 */
export type Door = (input: unknown, observedTimeMs?: number) => Admission;

const droppedTotal = metrics.getMeter("offgraph").createCounter("offgraph_ingest_targets_dropped_total", {
  description: "Target values that were no identifiers: too long, too many, or with control characters",
});

/** A door for one tenant and source. What it refuses is in its answer; it does not throw. */
export function openDoor(options: DoorOptions): Door {
  return (input, observedTimeMs) => {
    const { data, error } = EventInput.safeParse(input);
    if (data === undefined) return refused("invalid-event", problems(error, input));
    const observedTime = observed(data.observedTime, observedTimeMs);
    if (observedTime !== undefined && Date.parse(data.time) > Date.parse(observedTime) + MAX_AHEAD_MS)
      return refused("future-event", `time: expected at most five minutes after ${observedTime}`);
    const ignored = unknownFields(input as object, data);
    const event = completed({ ...data, observedTime }, options);
    if (event === undefined)
      return { ...refused("invalid-event", "agent: expected, because no token is named"), ignored };
    return { ...withoutSecrets(event, options.key), ignored };
  };
}

const refused = (code: ErrorCode, message: string): Admission => ({ refused: { code, message } });

/** The earlier of what the event says and what the clock says: an upstream collector may have seen it first. */
function observed(said: string | undefined, nowMs: number | undefined): string | undefined {
  if (nowMs === undefined || (said !== undefined && Date.parse(said) <= nowMs)) return said;
  return new Date(nowMs).toISOString();
}

function completed(input: EventInput, options: DoorOptions): Event | undefined {
  const { token, claims } = "token" in input ? concealed(input.token, options.key) : {};
  const agent = attributed(input.agent, claims?.agent, token && tokenName(token, options.key));
  if (agent === undefined) return undefined;
  const operation = "operation" in input ? tiered(input.operation, options.tierOf) : undefined;
  const subject = input.subject ?? claims?.subject;
  const actors = input.actors ?? claims?.actors;
  const { tenant, source } = options;
  // The parts are of the kind's own schema, which a spread over the union of kinds cannot tell the compiler.
  return canonicalEvent({ ...input, tenant, source, agent, subject, actors, token, operation } as Event);
}

/** A token without its value: hashed, with what a JWT says about itself where the event says nothing. */
function concealed(input: TokenInput | undefined, key: Key) {
  const raw = input?.value ?? (looksSecret(input?.publicId ?? "") ? input?.publicId : undefined);
  if (input === undefined || raw === undefined) return { token: input };
  const bare = raw.replace(/^(?:Bearer|DPoP)\s+/i, "");
  const claims = claimsOf(bare);
  const publicId = input.publicId === raw ? undefined : input.publicId;
  const said = { ...input, value: undefined, publicId, hash: keyedHash(key, bare) };
  return { token: filled(said, claims?.token ?? {}), claims };
}

/** The first object, with what it leaves undefined taken from the second. */
function filled<First extends object>(first: First, second: object): First {
  const missing = Object.entries(second).filter(([name]) => Reflect.get(first, name) === undefined);
  return { ...first, ...Object.fromEntries(missing) };
}

/** Whose event it is: the named agent's, else the token's claimed one's, else the token's own. */
function attributed(named: EventInput["agent"], claimed: string | undefined, token: string | undefined) {
  if (named?.id !== undefined) return { ...named, attribution: named.attribution ?? "named" };
  if (claimed !== undefined) return { ...named, id: claimed, attribution: "claims" };
  return token === undefined ? undefined : { ...named, id: token, attribution: "token" };
}

/** The principal that a token, or a revoked family of them, is by itself. */
function tokenName({ publicId, hash, family, rootGrant }: TokenInput, key: Key): string {
  const name = `token:${publicId ?? hash ?? family ?? rootGrant}`;
  return name.length <= ID_LENGTH ? name : `token:${keyedHash(key, name)}`;
}

function tiered(operation: OperationInput | undefined, tierOf: DoorOptions["tierOf"]) {
  if (operation === undefined) return undefined;
  const { service, name, tier, targets } = operation;
  return { ...operation, tier: tier ?? tierOf(service, name), targets: targets && fitting(targets) };
}

/** Keeps the targets that are identifiers. Refusing the event for the others would let an agent hide a call. */
function fitting(targets: NonNullable<OperationInput["targets"]>): Record<string, string[]> | undefined {
  const kept: Record<string, string[]> = {};
  let room = MAX_TARGETS;
  let dropped = 0;
  for (const [field, given] of Object.entries(targets)) {
    const values = typeof given === "string" ? [given] : given;
    const fit = values.filter(isIdentifier).slice(0, room);
    if (fit.length > 0) kept[field] = fit;
    room -= fit.length;
    dropped += values.length - fit.length;
  }
  if (dropped > 0) droppedTotal.add(dropped);
  return room < MAX_TARGETS ? kept : undefined;
}

const isIdentifier = (value: string) =>
  value.length > 0 && value.length <= TARGET_LENGTH && /^\P{Cc}*$/u.test(value);

function withoutSecrets(event: Event, key: Key): Admission {
  const line = JSON.stringify(event);
  // What is written as an escape could part a secret from what marks it.
  if (!looksSecret(line) && !line.includes("\\u")) return { event, line };
  hashIdentifiers(event, key);
  scrub(event);
  return { event, line: JSON.stringify(event) };
}

/** An identifier that looks like a secret becomes its hash, so that it still tells one thing from another. */
function hashIdentifiers(event: Event, key: Key): void {
  const { agent, token, trace, subject, authentication } = { agent: undefined, token: undefined, ...event };
  hashFields(event, ["id", "session", "businessAction"], key);
  hashFields(agent, ["id", "instance"], key);
  hashFields(token, ["publicId", "hash", "family", "parent", "rootGrant", "issuer", "binding", "proof"], key);
  hashFields(trace, ["id", "span", "parent"], key);
  hashFields(subject, ["id"], key);
  hashFields(authentication, ["credential"], key);
}

function hashFields(object: object | undefined, names: readonly string[], key: Key): void {
  if (object === undefined) return;
  for (const name of names) {
    const value: unknown = Reflect.get(object, name);
    if (typeof value === "string" && looksSecret(value)) Reflect.set(object, name, keyedHash(key, value));
  }
}
