import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DETECTORS } from "../../detectors/index.ts";
import { detectorConformance } from "./detector.ts";

for (const detector of DETECTORS) detectorConformance(detector);

it("holds every detector of the folder to this", () => {
  const tests = readdirSync(join(import.meta.dirname, "../detectors")).filter((name) =>
    name.endsWith(".test.ts"),
  );
  for (const { id } of DETECTORS) expect(tests).toContain(`${id}.test.ts`);
});
