import { defineConfig } from "vitest/config";

/** Kills the service for a minute: `npm run test:kill`. A few kills are part of `npm test` (test/integration). */
export default defineConfig({
  test: { include: ["test/kill/**/*.test.ts"], pool: "forks", testTimeout: 300_000 },
});
