/** The catalogue of sources. A source is added by its file and its line here. */
import { OffgraphError } from "../../../schemas/errors.ts";
import type { Source } from "../source.ts";
import { cloudtrail } from "./cloudtrail.ts";
import { offgraph } from "./offgraph.ts";
import { sessions } from "./sessions.ts";

/** Every source, in the order in which `offgraph sources` lists them. */
export const SOURCES: readonly Source[] = [offgraph, cloudtrail, sessions];

/** Edits between two names: letters added, left out or replaced (Levenshtein, by rows). */
function editsBetween(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...left].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (letter === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[right.length] ?? 0;
}

function suggestionFor(name: string): string {
  const wanted = name.toLowerCase().slice(0, 64);
  const close = SOURCES.find(
    (source) => source.name.startsWith(wanted) || editsBetween(wanted, source.name) <= 2,
  );
  return close && wanted !== "" ? ` Did you mean ${close.name}?` : "";
}

/** The source of a name. @throws OffgraphError unknown-source with the list of names, and the nearest one. */
export function sourceNamed(name: string): Source {
  const found = SOURCES.find((source) => source.name === name);
  if (found) return found;
  const names = SOURCES.map((source) => source.name).join(", ");
  throw new OffgraphError(
    "unknown-source",
    `no source is called "${name}"; there are ${names}.${suggestionFor(name)}`,
  );
}
