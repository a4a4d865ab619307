/** What a schema refuses, in plain words: the only place that turns issues of zod into sentences. */
import type { z } from "zod";

type Issue = z.core.$ZodIssue;
/** Where a field stands in a record or in the settings: the names and numbers that lead to it, outermost first. */
export type FieldPath = readonly PropertyKey[];

/** What stands at a path; undefined if nothing does. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/**
 * One sentence for each field that is wrong, `agent.id: expected text, got a number`: kinds are told, never values.
 * `place` is what the input is a part of, such as `body`.
 */
export function faults({ issues }: z.ZodError, input: unknown, ...place: FieldPath): string[] {
  return meant(issues).map((issue) => {
    const path = [...place, ...issue.path].map((part) => String(part).slice(0, 64)).join(".");
    return `${path === "" ? "record" : path}: ${expectation(issue)}${got(issue, valueAt(input, issue.path))}`;
  });
}

/** The kind of what stood there, where that is what is wrong with it. */
function got(issue: Issue, value: unknown): string {
  if (!isOfAnotherKind(issue)) return "";
  const isOneOfTexts = issue.code !== "invalid_type" && typeof value === "string";
  return isOneOfTexts ? "" : `, got ${kindOf(value)}`;
}

/** The same issues, but where one of several forms was expected, those of the form that was meant. */
export function meant(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    const [form] = issue.code === "invalid_union" ? formsMeant(issue.errors) : [];
    return form === undefined
      ? [issue]
      : meant(form).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  });
}

/** Forms whose kind of value was given, the one with the fewest faults first. */
function formsMeant(forms: readonly (readonly Issue[])[]): (readonly Issue[])[] {
  return forms
    .filter((form) => !form.some((issue) => issue.path.length === 0 && isOfAnotherKind(issue)))
    .toSorted((a, b) => a.length - b.length);
}

const isOfAnotherKind = ({ code }: Issue) =>
  code === "invalid_type" || code === "invalid_value" || code === "invalid_union";

/** What is expected at the issue's path: the schema's own words if it has any, else ours. */
export function expectation(issue: Issue): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? "expected another name";
  if (!/^(Invalid|Too|Unrecognized) /.test(issue.message)) return issue.message;
  return `expected ${expected(issue)}`;
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return oneOf(issue.values);
    case "too_small":
      return atLeast(issue);
    case "too_big":
      return atMost(issue);
    case "invalid_format":
      return FORMATS[issue.format] ?? `text that matches ${issue.pattern ?? issue.format}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return `nothing called ${issue.keys.join(", ")}`;
    case "invalid_union":
      return anyOf(issue);
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return "something else";
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: "a time such as 2026-11-20T10:00:00Z",
  url: "an http or https URL",
};

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`;

function atLeast({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): string {
  if (origin === "string") return minimum === 1 ? "text that is not empty" : `at least ${minimum} characters`;
  if (origin === "array") return `a list of at least ${minimum}`;
  return inclusive ? `${minimum} or more` : `more than ${minimum}`;
}

function atMost({ origin, maximum, inclusive }: z.core.$ZodIssueTooBig): string {
  if (origin === "string") return `at most ${maximum} characters`;
  if (origin === "array") return `a list of at most ${maximum}`;
  return inclusive ? `${maximum} or less` : `less than ${maximum}`;
}

function anyOf(issue: z.core.$ZodIssueInvalidUnion): string {
  if ("options" in issue) return oneOf(issue.options ?? []);
  const forms = issue.errors.flatMap(([first]) => (first === undefined ? [] : [expected(first)]));
  return [...new Set(forms)].join(" or ");
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return KINDS[typeof value] ?? typeof value;
}
