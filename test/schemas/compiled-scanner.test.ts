import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { COMPILED_PATH, compiledScanner } from "../../scripts/compiled-scanner.ts";

it("is compiled from the sources that lie beside it (npm run scanner)", async () => {
  expect(readFileSync(COMPILED_PATH, "utf8")).toBe(await compiledScanner());
});
