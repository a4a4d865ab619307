/** The name of a source as a label of metrics. Whoever sends may name any source, and every label costs memory for good. */
import type { Settings } from "../../schemas/settings.ts";
import { SOURCES } from "./sources/index.ts";

/** The source of a request that names none. */
export const DEFAULT_SOURCE = "http";

/** Answers the name itself for sources of the catalogue or of an access token, and `other` for all others. */
export function sourceLabels({ http }: Pick<Settings, "http">): (source: string) => string {
  const known = new Set([
    DEFAULT_SOURCE,
    ...SOURCES.map(({ name }) => name),
    ...http.tokens.flatMap(({ sources }) => sources ?? []),
  ]);
  return (source) => (known.has(source) ? source : "other");
}
