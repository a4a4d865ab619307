/** Metrics as a table, read from the source: an instrument is made in one call, with its name and options as literals. */
import { globSync, readFileSync } from "node:fs";
import { table } from "./table.ts";

/** An instrument of the OpenTelemetry API. */
interface Instrument {
  /** `Counter`, `UpDownCounter`, `Gauge` or `Histogram`, whether or not it is observed. */
  readonly kind: string;
  readonly name: string;
  readonly description: string;
  /** Its options as they stand in the source. */
  readonly options: string;
}

const INSTRUMENT =
  /create(?:Observable)?(Counter|UpDownCounter|Gauge|Histogram)\(\s*"([^"]+)",\s*(\{[^}]*\})/g;

/** Every instrument of the services, by name. */
export function instruments(): Instrument[] {
  const found = globSync("services/**/*.ts").flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(INSTRUMENT)].map(([, kind = "", name = "", options = ""]) => {
      const [, description = ""] = /description:\s*"([^"]*)"/.exec(options) ?? [];
      return { kind, name, description, options };
    }),
  );
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Every instrument with its kind and meaning. */
export const metricsTable = (): string =>
  table(
    ["metric", "kind", "meaning"],
    instruments().map(({ name, kind, description }) => [
      `\`${name}\``,
      KINDS[kind] ?? kind,
      description.replace(/\.$/, ""),
    ]),
  );

const KINDS: Readonly<Record<string, string>> = {
  Counter: "counter",
  UpDownCounter: "gauge",
  Gauge: "gauge",
  Histogram: "histogram",
};
