/**
 * What looks like a secret, and its removal. The shapes are those that issuers publish for secret scanning; a secret
 * without a shape (an opaque token in free text) cannot be known, so sources name it: `token.value` is hashed at the door.
 * Public identifiers stay: jti, accessors, AWS access key ids.
 *
 * Every expression takes time linear in the text: it begins with something fixed, and what follows is consumed or bounded.
 */
import { metrics } from "@opentelemetry/api";

/** Stands where a secret was. */
const REMOVED = "[removed]";

const removedTotal = metrics.getMeter("offgraph").createCounter("offgraph_ingest_secrets_removed_total", {
  description: "Parts of events that looked like secrets and were removed",
});

/** Secrets by their own shape. */
const SHAPES = [
  // JWT, JWE, SD-JWT: base64url of `{"`. Any other JSON object in base64 goes too.
  /eyJ[\w-]{16,}(?:\.[\w-]*)*/,
  /gh[oprsu]_\w{20,}|github_pat_\w{20,}/,
  /gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w-]{20,}/,
  /xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}/,
  // Not after a letter, or the end of every `task-` would count.
  /(?<![A-Za-z0-9])sk-[\w-]{20,}|[rs]k_(?:live|test)_\w{16,}/,
  /AIza[\w-]{30,}|ya29\.[\w-]{20,}/,
  /wh(?:sec|sk)_[\w+/=-]{16,}|npm_[A-Za-z0-9]{30,}/,
  // HashiCorp Vault: service, batch and recovery tokens, today's and those from before 1.10.
  /hv[bsr]\.[\w-]{20,}|(?<![\w.])[bsr]\.[A-Za-z0-9]{24}(?!\w)/,
  // AWS session tokens.
  /(?:IQoJ|FwoG|FQoG|AQo)[\w+/=-]{80,}/,
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/,
];

/** Shortest run of base64 that is taken for a secret whatever it begins with. */
const RUN_LENGTH = 200;
/** A run too long for a name, with a digit and letters of both cases. */
const RUN =
  /(?<![\w+/=-])(?=[A-Za-z_+/=-]{0,199}[0-9])(?=[a-z0-9_+/=-]{0,199}[A-Z])(?=[A-Z0-9_+/=-]{0,199}[a-z])[\w+/=-]{200,}/;

const NAMES =
  "token|secret|passw(?:or)?d|passphrase|pwd|signature|credential|assertion|(?:api|access|secret|private|session)[-_ ]?key";
const PUBLIC_KEY_ID = "A[KS]IA[A-Z0-9]{16}(?![A-Z0-9])";

/** Secrets by what stands before them, which is kept. */
const PLACES = [
  /((?:bearer|dpop)\s{1,4})[\w.~+/=-]{8,}/,
  /(basic\s{1,4})[\w+/=-]{12,}/,
  /(authorization["'\\]{0,2}\s{0,2}[:=]\s{0,2}["'\\]{0,2}(?:[a-z]{3,10}\s)?)[^\s"\\]{4,}/,
  // The password in a URL's userinfo (RFC 3986 section 3.2.1).
  /(:\/\/[^\s/?#@:"]{0,256}:)[^\s/?#"]{1,1024}(?=@)/,
  new RegExp(
    `((?:${NAMES}|(?<=[?&;])(?:key|sig|code))s?(?:=|%3d)["'\\\\]{0,4})(?!${PUBLIC_KEY_ID}|\\[removed\\])[^\\s"&#]+`,
  ),
];

/** Where the name of a field ends that holds a secret, quoted in JSON's way, a program's, or not at all; `quote` closes it. */
const FIELD = new RegExp(
  `(?:${NAMES}|authorization|cookie|value)(?:s|string|binary|text)?(?:[ _.-]?v?\\d{1,4})?` +
    `(?<quote>\\\\{0,4}["'])?\\s{0,9}:\\s{0,9}`,
  "gi",
);
const WHOLE_TOKEN = /(?<![\w.-])token["'\\]{0,5}\s*:\s*$/i;
/** A field's value: a text, one within a text, or a word, for which a scheme such as `Bearer` does not count. */
const VALUE =
  /"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?|(\\{1,4}["'])[\s\S]*?(?:\1|$)|(?:[a-z]{3,10}[ \t]{1,4})?(?:[^\s,{}[\]"\\]|\\(?!["']))+/iy;
/** What counts in finding the end of an object or array: its brackets and texts. */
const NESTING = /[{[]|[}\]]|"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?/g;

const union = (expressions: readonly RegExp[], flags: string) =>
  new RegExp(expressions.map(({ source }) => source).join("|"), flags);
const SHAPE = union(SHAPES, "");
const PLACE = union(PLACES, "i");
const EVERY_SHAPE = union([...SHAPES, RUN], "g");
const EVERY_PLACE = PLACES.map(({ source }) => new RegExp(source, "gi"));

/** Whether a text holds something that looks like a secret. */
export function looksSecret(text: string): boolean {
  return SHAPE.test(text) || PLACE.test(text) || (hasRun(text) && RUN.test(text));
}

/** Replaces what looks like a secret in a text. */
export function scrubText(text: string): string {
  const shapeless = text.replace(EVERY_SHAPE, REMOVED);
  return EVERY_PLACE.reduce((rest, place) => rest.replace(place, `$1${REMOVED}`), shapeless);
}

/** The same for a foreign record, as JSON or a broken piece of it: also removes fields that hold a secret by their name. */
export function scrubRecord(text: string): string {
  // A letter may be written as an escape, in a field's name too.
  const plain = text.replace(/\\u00([3-7][0-9a-f])/gi, (written, hex) =>
    hex.toLowerCase() === "5c" ? written : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return scrubText(scrubFields(plain));
}

/** Every value is gone through once, so that the time is linear. */
function scrubFields(text: string): string {
  let cleaned = "";
  let from = 0;
  FIELD.lastIndex = 0;
  for (let field = FIELD.exec(text); field !== null; field = FIELD.exec(text)) {
    const start = FIELD.lastIndex;
    const end = valueEnd(text, start, WHOLE_TOKEN.test(text.slice(Math.max(0, field.index - 1), start)));
    if (end === start) continue;
    const quote = field.groups?.quote ?? "";
    cleaned += text.slice(from, start) + quote + REMOVED + quote;
    FIELD.lastIndex = from = end;
  }
  return cleaned + text.slice(from);
}

/** Where the value ends that begins at `start`; `start` itself if it stays: an object's fields have names of their own. */
function valueEnd(text: string, start: number, takesObject: boolean): number {
  if (text[start] === "[" || (text[start] === "{" && takesObject)) return nestingEnd(text, start);
  VALUE.lastIndex = start;
  return VALUE.test(text) ? VALUE.lastIndex : start;
}

function nestingEnd(text: string, start: number): number {
  let depth = 0;
  NESTING.lastIndex = start;
  for (let part = NESTING.exec(text); part !== null; part = NESTING.exec(text)) {
    if (/[{[]/.test(part[0][0] ?? "")) depth++;
    else if (/[}\]]/.test(part[0][0] ?? "")) depth--;
    if (depth === 0) return NESTING.lastIndex;
  }
  return text.length;
}

/** Replaces what looks like a secret in every text below `root`, in place; drops fields whose names do. Counts them in a metric. */
export function scrub(root: object): void {
  let removed = 0;
  const open = [root];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    for (const [name, value] of Object.entries(object)) {
      if (typeof value === "object" && value !== null) open.push(value);
      if (!looksSecret(name) && !(typeof value === "string" && looksSecret(value))) continue;
      removed++;
      if (looksSecret(name)) Reflect.deleteProperty(object, name);
      else Reflect.set(object, name, scrubText(value));
    }
  }
  removedTotal.add(removed);
}

/** Whether a run of `RUN_LENGTH` characters of base64 may be in the text; looks at few of them. */
function hasRun(text: string): boolean {
  // A run that long has a character at `at`; its neighbours to the left either reach far enough, or show where to look next.
  for (let at = RUN_LENGTH - 1; at < text.length; ) {
    let left = at;
    while (at - left < RUN_LENGTH && inRun(text.charCodeAt(left))) left--;
    if (at - left >= RUN_LENGTH) return true;
    at = left + RUN_LENGTH;
  }
  return false;
}

/** Letters, digits and `+ / = - _`. */
function inRun(code: number): boolean {
  const letter = code | 0x20;
  if (letter >= 97 && letter <= 122) return true;
  return (code >= 47 && code <= 57) || code === 43 || code === 45 || code === 61 || code === 95;
}
