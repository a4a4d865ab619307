/** The words that the scanner knows: names of fields and the values of enumerations, ready to be compared in the bytes. */
import { ATTRIBUTIONS } from "../agent.ts";
import { EVENT_KINDS } from "../event.ts";
import { OUTCOMES } from "../operation.ts";

/** A quoted word as little-endian numbers of four bytes, so that it is compared in two or three steps. */
export interface Word {
  readonly length: number;
  readonly first: number;
  readonly last: number;
  /** The numbers between the first and the last four bytes. */
  readonly middle: readonly number[];
}

function word(text: string): Word {
  const bytes = Buffer.from(text, "latin1");
  const middle: number[] = [];
  for (let at = 4; at < bytes.length - 4; at += 4) middle.push(bytes.readInt32LE(at));
  return {
    length: bytes.length,
    first: bytes.readInt32LE(0),
    last: bytes.readInt32LE(bytes.length - 4),
    middle,
  };
}

const quoted = (names: readonly string[]) => names.map((name) => word(`"${name}"`));
/** With the colon: nobody writes a space in front of it. */
const fields = (names: string) => names.split(" ").map((name) => word(`"${name}":`));

// In the order in which we write them: the next expected one is tried first, any other order works too.
const ROOT = fields(
  "id kind time observedTime tenant source agent trustUnit workflow session trace subject actors token " +
    "operation outcome network businessAction authentication change",
);
const AGENT = fields("id version instance owner group attribution");
const TRACE = fields("id span parent");
const SUBJECT = fields("id type");
const TOKEN = fields(
  "publicId hash issuer family generation parent rootGrant audience scopes issuedAt expiresAt binding proof",
);
const OPERATION = fields("service name tier targets provenance");
const OUTCOME = fields("result status reason");
const AUTHENTICATION = fields("method credential");
const NETWORK = fields("ip asn region userAgent node provider");

/** The words of the fields of each shape. */
export const FIELDS = [ROOT, AGENT, TRACE, SUBJECT, TOKEN, OPERATION, OUTCOME, NETWORK, AUTHENTICATION];

/** Shapes of objects, as places in FIELDS. */
export const IS_ROOT = 0;
export const IS_AGENT = 1;
export const IS_TRACE = 2;
export const IS_SUBJECT = 3;
export const IS_TOKEN = 4;
export const IS_OPERATION = 5;
export const IS_OUTCOME = 6;
export const IS_NETWORK = 7;
export const IS_AUTHENTICATION = 8;

/** Words that are values, each list in the order that its schema counts. */
export const KIND_WORDS = quoted(EVENT_KINDS);
export const RESULT_WORDS = quoted(OUTCOMES);
export const ATTRIBUTION_WORDS = quoted(ATTRIBUTIONS);
export const CHANGE_WORDS = quoted(["registered", "deployed", "attested", "decommissioned"]);
export const PROVENANCE_WORDS = quoted(["request", "output", "neither"]);
export const TRUE = word("true");
export const FALSE = word("false");
