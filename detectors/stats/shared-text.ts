/**
 * One copy of texts that many rows hold: services, audiences, places. Bounded: when it is full it begins anew, which
 * costs copies and changes nothing.
 */
const LIMIT = 20_000;
const texts = new Map<string, string>();
const lists = new Map<string, readonly string[]>();

export function sharedText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= LIMIT) texts.clear();
  texts.set(text, text);
  return text;
}

/** A list of one text, shared too. */
export function sharedList(text: string): readonly string[] {
  const known = lists.get(text);
  if (known !== undefined) return known;
  if (lists.size >= LIMIT) lists.clear();
  const list = [sharedText(text)];
  lists.set(text, list);
  return list;
}
