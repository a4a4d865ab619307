// First: counters made before the meter provider is there stay idle.
import "../../services/telemetry/metrics.ts";

import { describe, expect, it } from "vitest";
import { openProcessorPartition } from "../../services/processor/partition.ts";
import { prometheusText } from "../../services/telemetry/metrics.ts";
import { call, HOUR, MINUTE, START } from "../detectors/given.ts";
import { iso, issued, revoked, used } from "../detectors/tokens.ts";
import { lines, optionsOf, takeAll } from "../processor/world.ts";

it("counts late events and repeats, and nothing for those that come in order once", async () => {
  const counted = async (what: string) =>
    Number(
      new RegExp(`^offgraph_processor_${what}_total (\\d+)`, "m").exec(await prometheusText())?.[1] ?? 0,
    );
  const before = [await counted("late"), await counted("duplicates")];
  const options = optionsOf();
  const partition = await openProcessorPartition(0, options);
  const [first, second] = [call(0), call(10 * MINUTE)];

  await options.stream.append(lines(first, second));
  await takeAll(partition, options.stream);
  expect([await counted("late"), await counted("duplicates")]).toEqual(before);

  await options.stream.append(lines(second, call(MINUTE)));
  await takeAll(partition, options.stream);
  expect([await counted("late"), await counted("duplicates")]).toEqual(before.map((count) => count + 1));
});

describe("findings", () => {
  const labels = 'detector="token-reuse"';
  const value = async (name: string, more = "") =>
    Number(
      new RegExp(`^offgraph_processor_${name}\\{${labels}${more}\\} (\\S+)`, "m").exec(
        await prometheusText(),
      )?.[1] ?? 0,
    );
  const figures = async () => [
    await value("findings_total", ',severity="critical"'),
    await value("event_to_finding_seconds_count"),
    await value("event_to_finding_seconds_sum"),
  ];
  const take = async (...events: object[]) => {
    const options = {
      ...optionsOf(),
      clock: { now: () => START + 20 * MINUTE + 3000, sleep: async () => {} },
    };
    const partition = await openProcessorPartition(0, options);
    await options.stream.append(lines(...events));
    await takeAll(partition, options.stream);
  };

  it("are counted, and timed from when their event was observed", async () => {
    const [count = 0, timed = 0, seconds = 0] = await figures();
    await take(issued(), revoked(MINUTE), used(20 * MINUTE, { observedTime: iso(20 * MINUTE + 1000) }));
    expect(await figures()).toEqual([count + 1, timed + 1, seconds + 2]);
  });

  it("are counted but not timed when nobody says when it was observed, and not made of quiet events", async () => {
    const [count = 0, ...times] = await figures();
    await take(issued(), revoked(HOUR), used(20 * MINUTE));
    expect(await figures()).toEqual([count, ...times]);
    await take(issued(), revoked(MINUTE), used(20 * MINUTE));
    expect(await figures()).toEqual([count + 1, ...times]);
  });
});
