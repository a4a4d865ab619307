/** The catalogue of sources. A source is added by its file and its line here. */
import { OffgraphError } from "../../../schemas/errors.ts";
import { closest } from "../../closest.ts";
import type { Source } from "../source.ts";
import { cloudtrail } from "./cloudtrail.ts";
import { offgraph } from "./offgraph.ts";
import { sessions } from "./sessions.ts";

/** Every source, in the order in which `offgraph sources` lists them. */
export const SOURCES: readonly Source[] = [offgraph, cloudtrail, sessions];

/** The source of a name. @throws OffgraphError unknown-source with the list of names, and the nearest one. */
export function sourceNamed(name: string): Source {
  const found = SOURCES.find((source) => source.name === name);
  if (found) return found;
  const names = SOURCES.map((source) => source.name);
  const meant = closest(name, names);
  const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
  throw new OffgraphError(
    "unknown-source",
    `no source is called "${name}"; there are ${names.join(", ")}.${hint}`,
  );
}
