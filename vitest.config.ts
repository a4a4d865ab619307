import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** These start telemetry, which a process can do once: each file has its own. */
const ALONE = "test/telemetry/**/*.test.ts";

export default defineConfig({
  test: {
    // Processes, not threads: LMDB, signals and working folders belong to a process.
    pool: "forks",
    // One more than the processors of the smallest machine, since tests with servers mostly wait.
    maxWorkers: 3,
    // A test that only passes after another one is a fault; the seed is printed, `--sequence.seed` repeats the order.
    sequence: { shuffle: true },
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // What tests start is compiled once, not by each process.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url)) },
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          // The last three take minutes: `npm run test:guide`, `npm run test:kill`, `npm run test:faults`.
          exclude: [ALONE, "test/house/guide/**", "test/kill/**", "test/faults/long/**"],
          isolate: false,
        },
      },
      { extends: true, test: { name: "alone", include: [ALONE] } },
    ],
  },
});
