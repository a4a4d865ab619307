import type { Converted, Source } from "../ingest/source.ts";
import { sourceNamed } from "../ingest/sources/index.ts";

/** A converter per source: the files of one source share it, because it may count records to make up their times. */
export function converters(
  options: Parameters<Source["open"]>[0] = {},
): (source: string) => (record: unknown) => Converted {
  const opened = new Map<string, (record: unknown) => Converted>();
  return (name) => {
    const convert = opened.get(name) ?? sourceNamed(name).open(options);
    opened.set(name, convert);
    return convert;
  };
}
