import { defineConfig } from "vitest/config";

/** Follows the guide of CONTRIBUTING.md to its end, for a minute: `npm run test:guide`. Its first steps are part of `npm test`. */
export default defineConfig({
  test: { include: ["test/house/guide/**/*.test.ts"], pool: "forks", testTimeout: 300_000 },
});
