/**
 * What the scanner knows of an event: the fields of each object in the order in which we write them, what kind of value
 * each holds, and where that goes. The next expected field is tried first, any other order works too.
 */
import { ATTRIBUTIONS } from "../agent.ts";
import { EVENT_KINDS } from "../event.ts";
import * as view from "../event-view.ts";
import { ID_LENGTH, NAME_LENGTH } from "../ids.ts";
import { ORIGINS, OUTCOMES } from "../operation.ts";
import {
  IS_AUDIENCE,
  IS_BOOLEAN,
  IS_EVENT_ID,
  IS_HASH,
  IS_INT,
  IS_LIST,
  IS_OBJECT,
  IS_OPERATION,
  IS_PROVENANCE,
  IS_TARGETS,
  IS_TENANT,
  IS_TEXT,
  IS_TIME,
  IS_TOKEN,
  IS_WORD,
} from "./wasm/memory.ts";

const { TEXT, TEXT_AT } = view;

/** A value that is checked and not kept. */
export const NOT_KEPT = -1;

/** A field of an object. */
export interface Field {
  /** At most 14 characters. */
  readonly name: string;
  readonly kind: number;
  /** Where its value goes: a place in the event's numbers, or in its times; NOT_KEPT. */
  readonly place: number;
  /** Longest text, most texts, or largest number. */
  readonly most: number;
  /** Longest text of a list. */
  readonly longest: number;
  /** Values that a word may have, of at most 16 characters, in the order that its schema counts; the first is written as `add`. */
  readonly words: readonly string[];
  readonly add: number;
  /** Fields of an object, those that it needs as bits, and of which it needs at least one. */
  readonly fields: readonly Field[];
  readonly needs: number;
  readonly needsOneOf: number;
}

function field(name: string, kind: number, more: Partial<Field> = {}): Field {
  const rest = {
    place: NOT_KEPT,
    most: 0,
    longest: 0,
    words: [],
    add: 0,
    fields: [],
    needs: 0,
    needsOneOf: 0,
  };
  return { ...rest, name, kind, ...more };
}

const textPlace = (column: keyof typeof TEXT) => TEXT_AT + TEXT[column] * 4;
const id = (name: string, column?: keyof typeof TEXT) => text(name, ID_LENGTH, column);
const short = (name: string, column?: keyof typeof TEXT) => text(name, NAME_LENGTH, column);
const text = (name: string, most: number, column?: keyof typeof TEXT) =>
  field(name, IS_TEXT, { most, place: column === undefined ? NOT_KEPT : textPlace(column) });
const time = (name: string, place: number) => field(name, IS_TIME, { place });
const int = (name: string, most: number, place: number) => field(name, IS_INT, { most, place });
const list = (name: string, most: number, longest: number) => field(name, IS_LIST, { most, longest });
const object = (name: string, fields: readonly Field[], needs: number, kind = IS_OBJECT, needsOneOf = 0) =>
  field(name, kind, { fields, needs, needsOneOf });
const oneOf = (name: string, values: readonly string[], place = NOT_KEPT, add = 0) =>
  field(name, IS_WORD, { words: values, place, add });

const AGENT = [
  id("id", "agent"),
  short("version", "version"),
  short("instance", "instance"),
  short("owner"),
  short("group", "group"),
  oneOf("attribution", ATTRIBUTIONS),
];
const TRACE = [id("id", "trace"), id("span"), id("parent")];
const SUBJECT = [id("id"), id("type")];
/** `publicId`, `hash`, `family` and `rootGrant`: a token must have one of them, and the first two are its own. */
const TOKEN_NAMES = (1 << 0) | (1 << 1) | (1 << 3) | (1 << 6);
const TOKEN = [
  id("publicId", "publicId"),
  field("hash", IS_HASH, { most: ID_LENGTH, place: textPlace("hash") }),
  id("issuer"),
  id("family", "family"),
  int("generation", 0x7fffffff, view.GENERATION),
  id("parent"),
  id("rootGrant", "rootGrant"),
  field("audience", IS_AUDIENCE, { most: view.MAX_AUDIENCES, longest: NAME_LENGTH, place: view.AUDIENCE_AT }),
  list("scopes", 64, NAME_LENGTH),
  time("issuedAt", view.ISSUED),
  time("expiresAt", view.EXPIRES),
  id("binding", "binding"),
  id("proof", "proof"),
];
const OPERATION = [
  short("service", "service"),
  short("name", "operation"),
  int("tier", 2, view.TIER),
  field("targets", IS_TARGETS),
  field("provenance", IS_PROVENANCE, { words: ORIGINS, add: 1 }),
];
const OUTCOME = [oneOf("result", OUTCOMES, view.RESULT, 1), int("status", 999, view.STATUS), short("reason")];
const NETWORK = [
  short("ip", "ip"),
  int("asn", 4_294_967_295, view.ASN),
  short("region"),
  text("userAgent", 512),
  short("node", "node"),
  field("provider", IS_BOOLEAN, { place: view.PROVIDER }),
];
const AUTHENTICATION = [id("method"), id("credential")];

/** The fields of an event; completeness.ts counts on their places. */
export const ROOT: readonly Field[] = [
  field("id", IS_EVENT_ID, { most: ID_LENGTH, place: textPlace("id") }),
  oneOf("kind", EVENT_KINDS, view.KIND),
  time("time", view.TIME),
  time("observedTime", view.OBSERVED),
  field("tenant", IS_TENANT, { most: 64, place: textPlace("tenant") }),
  text("source", 64, "source"),
  object("agent", AGENT, 1),
  short("trustUnit", "trustUnit"),
  short("workflow", "workflow"),
  id("session", "session"),
  object("trace", TRACE, 1),
  object("subject", SUBJECT, 1),
  list("actors", 8, ID_LENGTH),
  object("token", TOKEN, 0, IS_TOKEN, TOKEN_NAMES),
  object("operation", OPERATION, 7, IS_OPERATION),
  object("outcome", OUTCOME, 1),
  object("network", NETWORK, 0),
  id("businessAction"),
  object("authentication", AUTHENTICATION, 1),
  oneOf("change", ["registered", "deployed", "attested", "decommissioned"]),
];
