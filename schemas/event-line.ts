/**
 * The one form in which an event is written to the log: fields in a fixed order, times in UTC to the millisecond.
 * Lines of the same event are then the same bytes, and a reader finds each field where it expects it.
 */
import { Agent } from "./agent.ts";
import { ContractTerms } from "./contract.ts";
import type { Event } from "./event.ts";
import { Network, Outcome, operationFields } from "./operation.ts";
import { tokenFields } from "./token.ts";

/** What becomes of a field: kept, written as a canonical time, or an object whose fields are ordered too. */
type Form = "kept" | "time" | readonly Field[];
type Field = readonly [name: string, form: Form];

const kept = (...names: string[]): Field[] => names.map((name) => [name, "kept"]);
const TIMES = new Set(["time", "observedTime", "issuedAt", "expiresAt"]);
const of = (fields: object): Field[] =>
  Object.keys(fields).map((name) => [name, TIMES.has(name) ? "time" : "kept"]);

const FIELDS: readonly Field[] = [
  ...kept("id", "kind"),
  ["time", "time"],
  ["observedTime", "time"],
  ...kept("tenant", "source"),
  ["agent", of(Agent.shape)],
  ...kept("trustUnit", "workflow", "session"),
  ["trace", kept("id", "span", "parent")],
  ["subject", kept("id", "type")],
  ...kept("actors"),
  ["token", of(tokenFields)],
  ["operation", of(operationFields)],
  ["outcome", of(Outcome.shape)],
  ["network", of(Network.shape)],
  ...kept("businessAction"),
  ["authentication", kept("method", "credential")],
  ...kept("change"),
  ["policy", kept("name", "verdict")],
  [
    "decision",
    [
      ...kept("verdict", "by", "reason", "subject", "session", "edges", "baseline"),
      ["contract", of(ContractTerms.shape)],
    ],
  ],
];

const PLAIN = "[ !#-[\\]-~]*";
const TEXT = `"${PLAIN}"`;
const LIST = `\\[(?:${TEXT},?)*\\]`;
const PATTERNS = {
  kept: `(?:${TEXT}|[a-z0-9]+|${LIST}|\\{(?:${TEXT}:(?:${TEXT}|${LIST}),?)+\\})`,
  time: '"[^"]{23}Z"',
};

/** Members in order and without blanks, each of them there or not. Commas are left to whoever reads them. */
const inForm = (fields: readonly Field[]): string =>
  fields.map(([name, form]) => `(?:,?"${name}":${patternOf(form)})?`).join("");
const patternOf = (form: Form): string =>
  typeof form === "object" ? `\\{${inForm(form)}\\}` : PATTERNS[form];
const placeOf = (name: string) => FIELDS.findIndex(([field]) => field === name);
const members = (first: string, last: string) => inForm(FIELDS.slice(placeOf(first), placeOf(last) + 1));

/**
 * The form of the lines that `canonicalLine` writes of plain text, in which may be missing what the door of ingest stamps or derives.
 * It tells little of the values: what also passes a strict scan (event-scanner.ts), completed, is the canonical line of its event.
 *
 * Groups: what stands before `observedTime`; that, if it is there; what is told of the agent, of whose `attribution` only `named` has
 * the form; what follows the agent, up to the operation's name; the operation's service and its name, if there is one; all that follows.
 * Tenant and source stand between the second and the third, and in no group: nobody will look at them again, so that here they are
 * whole.
 */
export const LINE_FORM = new RegExp(
  `^(\\{${members("id", "time")})(${members("observedTime", "observedTime")})(?:,"tenant":${TEXT})?(?:,"source":${TEXT})?` +
    `(,"agent":\\{${inForm(of(Agent.shape).slice(0, -1))})(?:,"attribution":"named")?` +
    `(\\}${members("trustUnit", "token")}(?:,"operation":\\{"service":"(${PLAIN})","name":"(${PLAIN})")?)` +
    `(${inForm(of(operationFields).slice(2))}\\}?${members("outcome", "decision")}\\})$`,
);

/** The same event with its fields in order and its times as `canonicalTime` writes them. Fields unknown to us are left out. */
export function canonicalEvent(event: Event): Event {
  return inOrder(event, FIELDS) as Event;
}

/** One line of JSON, without a line feed. */
export function canonicalLine(event: Event): string {
  return JSON.stringify(canonicalEvent(event));
}

/** `YYYY-MM-DDTHH:MM:SS.mmmZ` of a time that the schema accepts; digits beyond the millisecond are cut off. */
function canonicalTime(time: string): string {
  // Of the forms that the schema accepts, only ours has 24 characters and ends in Z.
  return time.length === 24 && time.endsWith("Z") ? time : new Date(time).toISOString();
}

function inOrder(object: object, fields: readonly Field[]): object {
  const ordered: Record<string, unknown> = {};
  for (const [name, form] of fields) {
    const value: unknown = Reflect.get(object, name);
    if (value !== undefined) ordered[name] = formed(value, form);
  }
  return ordered;
}

function formed(value: unknown, form: Form): unknown {
  if (typeof form === "object") return inOrder(value as object, form);
  return form === "time" ? canonicalTime(value as string) : value;
}
