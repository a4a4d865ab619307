/** Which release this is. */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** From package.json; `unknown` where there is none. */
export function version(): string {
  const path = findPackageJSON("..", import.meta.url);
  if (path === undefined) return "unknown";
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
