/**
 * What a target value is. Who or what it names (an identifier) is compared by its party: the address, the host, the
 * owner, the top two directories. Whatever only stands for a value (`null`, `[repo name]`, `product_id` as a product id)
 * or lies under a reserved domain reaches nobody, so it is no target.
 */
import { kindOf } from "../baseline/values/value-kind.ts";

/** Classes of values, below 16. From OWNED on they are identifiers: they name somebody or something to reach. */
export const NO_TARGET = 0;
/** A number, a date or a time. */
export const NUMBER = 1;
/** One word with a digit in it, such as the number of a product. */
export const CODE = 2;
/** One word. */
export const WORD = 3;
/** Several words. */
export const TEXT = 4;
/** `owner/name`. */
export const OWNED = 5;
const IDENTIFIERS: Readonly<Record<string, number>> = {
  email: 6,
  url: 7,
  host: 7,
  path: 8,
  arn: 9,
  address: 10,
  account: 11,
  id: 12,
};

/** Whether a class is of identifiers. */
export const isIdentifier = (valueClass: number) => valueClass >= OWNED;

/** A value, judged by itself. */
export interface Value {
  readonly valueClass: number;
  /** Under a domain that nobody can own (RFC 2606): it reaches nobody. */
  readonly reserved: boolean;
  /** Lower case, without scheme, `www.` and closing slashes. */
  readonly text: string;
  /** What is known or not known; the whole text unless it is an identifier. */
  readonly party: string;
}

/** Stands where the door took a secret out. */
const REMOVED = "[removed]";
const RESERVED =
  /(^|[@./])(example\.(com|net|org)|[a-z0-9-]+\.example|example|test|invalid|localhost)([:/]|$)/;
const TEMPLATE = /^\s*[[<{$]|\$\{|\{\{|\[[^\]]*\]|<[a-z _]+>/i;
const NOTHING = new Set([
  "null",
  "none",
  "n/a",
  "undefined",
  "unknown",
  "string",
  "value",
  "nil",
  "todo",
  "tbd",
  "",
]);
const MOST_FIELDS = 1000;
const fields = new Map<string, ReadonlySet<string>>();
const STAND_INS = new Set(["placeholder", "dummy", "your", "insert"]);
const NUMERIC = /^[-+0-9.,:/ TZ]*\d[-+0-9.,:/ TZ]*$/;

/** Judges a value; `field` is the name of its field. */
export function readValue(field: string, raw: string): Value {
  return readPlain(field, raw.replaceAll(REMOVED, ""));
}

function readPlain(field: string, raw: string): Value {
  const text = normalised(raw);
  const kind = kindOf(raw);
  const valueClass = IDENTIFIERS[kind] ?? classOfLiteral(raw);
  const reserved = RESERVED.test(text);
  if (reserved || isStandIn(field, raw, kind === "literal"))
    return { valueClass: NO_TARGET, reserved: reserved && isIdentifier(valueClass), text, party: text };
  const party = isIdentifier(valueClass) ? partyOf(kind, text) : text;
  return { valueClass, reserved: false, text, party };
}

function normalised(raw: string): string {
  const text = raw.trim().toLowerCase();
  const bare = text.includes("://") ? text.replace(/^[a-z][a-z0-9+.-]*:\/\//, "") : text;
  const own = bare.startsWith("www.") ? bare.slice(4) : bare;
  return own.endsWith("/") ? own.replace(/\/+$/, "") : own;
}

function classOfLiteral(raw: string): number {
  if (NUMERIC.test(raw)) return NUMBER;
  const trimmed = raw.trim();
  if (/\s/.test(trimmed)) return TEXT;
  if (/[^/]\/[^/]/.test(trimmed)) return OWNED;
  return /\d/.test(trimmed) ? CODE : WORD;
}

/** A value that names its own field does not fill it. That is said of literals only: a name that can be owned is a name. */
function isStandIn(field: string, raw: string, isLiteral: boolean): boolean {
  if (NOTHING.has(raw.trim().toLowerCase()) || TEMPLATE.test(raw)) return true;
  if (!isLiteral) return false;
  const words = wordsOfField(field);
  for (const word of wordsOf(raw)) if (words.has(word) || STAND_INS.has(word)) return true;
  return false;
}

/** There are few fields, so their words are remembered. */
function wordsOfField(field: string): ReadonlySet<string> {
  const known = fields.get(field);
  if (known !== undefined) return known;
  if (fields.size >= MOST_FIELDS) fields.clear();
  const words = wordsOf(field);
  fields.set(field, words);
  return words;
}

function wordsOf(name: string): Set<string> {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return new Set(words.filter((word) => word.length >= 2 && !/^\d+$/.test(word)));
}

function partyOf(kind: string, text: string): string {
  if (kind === "email" || kind === "arn") return text;
  if (kind === "path") return text.split("/", 3).join("/");
  if (kind === "url" || kind === "host") return text.split(/[/?#:]/, 1)[0] || text;
  return text.split("/", 1)[0] || text;
}

/** The parts of a text by which it is compared with others: between `@` and `/`, without top domain or file ending. */
export function partsOf(text: string): readonly string[] {
  const parts = text
    .split(/[@/]/)
    .map((part) => part.replace(/\.[a-z]{2,24}$/, ""))
    .filter((part) => part.length >= 3);
  return parts.length > 0 ? parts : [text];
}
