/** The guide to a first detector ends as it says: every command of its last step, typed in a copy of the checkout. */
import { afterAll, expect, it } from "vitest";
import { blocksOf, followGuide } from "./follow.ts";

/** What `npm run check` asks, without the suites that are long, need servers, or go round in circles. */
const CHECK = [
  "npx biome check --error-on-warnings .",
  "npx tsc",
  "npx vitest run --project shared test/house.test.ts test/house/contributing.test.ts test/conformance/detectors.test.ts \\",
  "  test/detectors test/scenarios test/replay test/settings test/api test/responder test/simulator \\",
  "  test/cli/usage.test.ts test/cli/replay.test.ts test/cli/system.test.ts test/regression",
].join("\n");

const copy = followGuide();
afterAll(copy.remove);

it("is green after the commands of its fifth step", () => {
  const script = blocksOf("sh").find((one) => one.includes("npm run check")) ?? "";
  const told = copy.typed(script.replace("npm run check", CHECK));
  expect(told).toMatch(/test\/detectors\/denied-streak\.test\.ts .*\(3 tests\)/);
});
