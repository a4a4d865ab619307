import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // These take minutes: `npm run test:kill`, `npm run test:faults`.
    exclude: ["test/kill/**", "test/faults/long/**"],
    // Processes, not threads: LMDB, signals and working folders belong to a process.
    pool: "forks",
    maxWorkers: 2,
    // A test that only passes after another one is a fault; the seed is printed, `--sequence.seed` repeats the order.
    sequence: { shuffle: true },
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
