/** Everything that is printed from declarations, as text by path from the top of the repository. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { DETECTORS } from "../../detectors/index.ts";
import { ERRORS } from "../../schemas/errors.ts";
import { Settings } from "../../schemas/settings.ts";
import { STREAMS } from "../../schemas/streams.ts";
import { DEFAULTS } from "../../services/adapters/kafka/options.ts";
import { detectorIndex, detectorPage } from "./detector-page.ts";
import { jsonSchemas } from "./json-schemas.ts";
import { withTables } from "./marked.ts";
import { metricsTable } from "./metrics-table.ts";
import { settingsTable } from "./settings-table.ts";
import { table } from "./table.ts";

/** Folders that hold nothing but generated files. */
export const GENERATED_FOLDERS = ["detectors/docs", "schemas/json"] as const;

/** Text by path. Fails if a README has lost the markers that a table stands between. */
export function generated(): ReadonlyMap<string, string> {
  const pages = DETECTORS.map((one): [string, string] => [`detectors/docs/${one.id}.md`, detectorPage(one)]);
  return new Map([
    ...pages,
    ...jsonSchemas(),
    readme("detectors/README.md", { catalogue: detectorIndex(DETECTORS) }),
    readme("services/README.md", {
      streams: streamsTable(),
      settings: settingsTable(Settings),
      errors: errorsTable(),
      metrics: metricsTable(),
    }),
  ]);
}

/** Paths whose file is missing, differs, or should not be there. */
export function outdated(pages: ReadonlyMap<string, string>): readonly string[] {
  const wrong = [...pages].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  const extra = GENERATED_FOLDERS.filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((path) => !pages.has(path));
  return [...wrong.map(([path]) => path), ...extra];
}

function readme(path: string, tables: Readonly<Record<string, string>>): [string, string] {
  return [path, withTables(path, readFileSync(path, "utf8"), tables)];
}

function streamsTable(): string {
  const days = DEFAULTS.retentionMs / 86_400_000;
  const rows = Object.entries(STREAMS).map(([name, { key, compacted }]) => [
    `\`${name}\``,
    key,
    compacted
      ? "the newest record of each key"
      : `all records; on Kafka of ${days} days, or \`kafka.retentionMs\``,
  ]);
  return table(["stream", "key", "keeps"], rows);
}

function errorsTable(): string {
  const rows = Object.entries(ERRORS).map(([code, { means, wayOut, retryable }]) => [
    `\`${code}\``,
    means,
    wayOut,
    retryable ? "yes" : "no",
  ]);
  return table(["code", "means", "way out", "again?"], rows);
}
