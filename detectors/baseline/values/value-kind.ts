/** What a target value looks like. Identifiers name somebody or something to reach; literals do not. */

/** What a value must contain comes before its pattern, because to look for it costs less. */
const KINDS: readonly (readonly [kind: string, part: string, pattern: RegExp])[] = [
  ["email", "@", /^[^\s@]{1,64}@[^\s@]{1,190}\.[a-z]{2,24}$/i],
  ["url", "://", /^[a-z][a-z0-9+.-]{1,15}:\/\/[^\s]+$/i],
  ["arn", "arn:", /^arn:[a-z-]+:/],
  ["host", ".", /^(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?::\d{1,5})?(?:\/\S*)?$/i],
  ["address", ".", /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?$/],
  ["account", "", /^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/],
  ["path", "", /^(?:\/|~\/|[A-Za-z]:\\)\S+$/],
  ["id", "", /^(?=[^\s]*\d)[A-Za-z0-9][A-Za-z0-9_.:#-]{5,127}$/],
];

/** The kind of a value: `email`, `url`, `arn`, `host`, `address`, `account`, `path`, `id`, or `literal`. */
export function kindOf(value: string): string {
  return KINDS.find(([, part, pattern]) => value.includes(part) && pattern.test(value))?.[0] ?? "literal";
}

/** Whether a value names somebody or something to reach. */
export const isIdentifier = (value: string) => kindOf(value) !== "literal";
