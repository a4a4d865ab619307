/** Commands are loaded before telemetry is: an instrument that is made then measures nothing for as long as the process runs. */
import { createNoopMeter, metrics } from "@opentelemetry/api";
import { expect, it } from "vitest";

it("are not made by what every command loads", async () => {
  const made: string[] = [];
  metrics.setGlobalMeterProvider({
    getMeter(name) {
      made.push(name);
      return createNoopMeter();
    },
  });
  await import("../../services/cli/program.ts");
  expect(made).toEqual([]);
  await import("../../services/processor/metrics.ts");
  expect(made).toEqual(["offgraph"]);
});
