import { defineConfig } from "vitest/config";

/** Every fault of the list, for a quarter of an hour: `npm run test:faults`. Those that take seconds are part of `npm test` too. */
export default defineConfig({
  test: {
    include: ["test/faults/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
