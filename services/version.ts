/** Which release this is. */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { z } from "zod";

const Package = z.object({ version: z.string() });

/** From package.json; `unknown` where there is none. */
export function version(): string {
  const path = findPackageJSON("..", import.meta.url);
  if (path === undefined) return "unknown";
  return Package.parse(JSON.parse(readFileSync(path, "utf8"))).version;
}
