import { expect, it } from "vitest";
// First: counters made before the meter provider is there stay idle.
import { prometheusText } from "../../services/metrics.ts";

import { openPartition } from "../../services/processor/partition.ts";
import { call, MINUTE } from "../detectors/given.ts";
import { lines, optionsOf, takeAll } from "./world.ts";

it("counts late events and repeats, and nothing for those that come in order once", async () => {
  const counted = async (what: string) =>
    Number(
      new RegExp(`^offgraph_processor_${what}_total (\\d+)`, "m").exec(await prometheusText())?.[1] ?? 0,
    );
  const before = [await counted("late"), await counted("duplicates")];
  const options = optionsOf();
  const partition = await openPartition(0, options);
  const [first, second] = [call(0), call(10 * MINUTE)];

  await options.stream.append(lines(first, second));
  await takeAll(partition, options.stream);
  expect([await counted("late"), await counted("duplicates")]).toEqual(before);

  await options.stream.append(lines(second, call(MINUTE)));
  await takeAll(partition, options.stream);
  expect([await counted("late"), await counted("duplicates")]).toEqual(before.map((count) => count + 1));
});
