// First: counters made before the meter provider is there stay idle.
import "../../services/telemetry/metrics.ts";

import { describe, expect, it } from "vitest";
import { openProcessorPartition } from "../../services/processor/partition.ts";
import { prometheusText } from "../../services/telemetry/metrics.ts";
import { call, MINUTE } from "../detectors/given.ts";
import { lines, optionsOf, takeAll } from "../processor/world.ts";

const counted = async (detector: string) =>
  Number(
    new RegExp(`^offgraph_processor_unreadable_state_total\\{detector="${detector}"\\} (\\d+)`, "m").exec(
      await prometheusText(),
    )?.[1] ?? 0,
  );

/** What a restart counts when an entry of the stored agent is replaced in between. */
async function restarted(entry: string | undefined) {
  const options = optionsOf();
  const { stream, store, unreadable } = options;
  await stream.append(lines(call(0)));
  const first = await openProcessorPartition(0, options);
  await takeAll(first, stream);
  await first.commit(true);
  const entries = new Map(entry === undefined ? [] : [[entry, new Uint8Array([255, 255])]]);
  await store.commit(await store.acquire("processor", 0), [[{ group: "default/a", entries }]], 1);
  const before = [await counted("out-of-graph"), await counted("token-reuse")];
  const second = await openProcessorPartition(0, options);
  await stream.append(lines(call(MINUTE), call(2 * MINUTE)));
  await takeAll(second, stream);
  const after = [await counted("out-of-graph"), await counted("token-reuse")];
  return { agents: unreadable.agents, counts: after.map((count, at) => count - (before[at] ?? 0)) };
}

describe("the stored state of an agent", () => {
  it("that is read as it was written is nothing to tell", async () => {
    expect(await restarted(undefined)).toEqual({ agents: 0, counts: [0, 0] });
  });

  it("that one detector cannot read is counted for it, and the agent once", async () => {
    expect(await restarted("out-of-graph")).toEqual({ agents: 1, counts: [1, 0] });
  });

  it("that cannot be read at all is counted for every detector", async () => {
    expect(await restarted("row")).toEqual({ agents: 1, counts: [1, 1] });
  });
});
