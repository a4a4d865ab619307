/**
 * `npm run docs` writes what is generated: the detectors' pages, the tables in services/README.md and the JSON Schemas.
 * `npm run docs -- --check` writes nothing, names what is not current, and then ends with 1.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { GENERATED_FOLDERS, generated, outdated } from "./docs/generated.ts";

const pages = generated();
const stale = outdated(pages);

if (process.argv.includes("--check")) {
  for (const path of stale) process.stderr.write(`${path} is not current: npm run docs\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  write();
}

function write(): void {
  for (const folder of GENERATED_FOLDERS) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) if (!pages.has(`${folder}/${name}`)) rmSync(`${folder}/${name}`);
  }
  for (const path of stale.filter((name) => pages.has(name))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, pages.get(path) ?? "");
  }
  process.stdout.write(`${stale.length} of ${pages.size} files changed\n`);
}
