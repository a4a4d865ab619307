import { describe, expect, it } from "vitest";
import { memoryStream } from "../../services/adapters/memory.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { openProcessorPartition } from "../../services/processor/partition.ts";
import { MINUTE } from "../detectors/given.ts";
import { issued, revoked, used } from "../detectors/tokens.ts";
import { lines, optionsOf, takeAll, valuesOf } from "./world.ts";

/** Use after revocation: one finding. */
const stolen = () => [issued(), revoked(MINUTE), used(20 * MINUTE)];

/** A log whose first append of findings fails. */
function failingOnce(): Stream {
  const stream = memoryStream(1);
  let failures = 1;
  return {
    ...stream,
    async append(records) {
      if (records.some((record) => record.stream === "findings") && failures-- > 0)
        throw new Error("disk full");
      await stream.append(records);
    },
  };
}

describe("a partition whose batch fails", () => {
  it("commits nothing of it, so that the finding is made when it is opened again", async () => {
    const options = optionsOf(failingOnce());
    const { stream, store } = options;
    await stream.append(lines(...stolen()));
    const partition = await openProcessorPartition(0, options);
    await expect(takeAll(partition, stream)).rejects.toThrow("disk full");
    await partition.commit(true);
    expect(await store.position("processor", 0)).toBe(0);
    expect(await valuesOf(stream, "findings")).toEqual([]);

    const opened = await openProcessorPartition(0, options);
    await takeAll(opened, stream);
    await opened.commit(true);
    expect(await valuesOf(stream, "findings")).toMatchObject([{ value: { kind: "use-after-revocation" } }]);
    expect(await store.position("processor", 0)).toBe(3);
  });

  it("takes no further batch, which would leave out the events in between", async () => {
    const options = optionsOf(failingOnce());
    await options.stream.append(lines(...stolen()));
    const partition = await openProcessorPartition(0, options);
    await expect(takeAll(partition, options.stream)).rejects.toThrow("disk full");
    await expect(takeAll(partition, options.stream)).rejects.toThrow("open it again");
  });
});

describe("a record that is no event", () => {
  it("is set aside under the tenant that it names, else under that of the settings", async () => {
    const options = optionsOf();
    await options.stream.append(lines({ tenant: "theirs", kind: "nonsense" }, "not JSON", { tenant: "a/b" }));
    await takeAll(await openProcessorPartition(0, options), options.stream);
    const letters = await valuesOf(options.stream, "dead-letters");
    expect(letters.map((letter) => (letter as { tenant: string }).tenant)).toEqual([
      "theirs",
      "mine",
      "mine",
    ]);
  });
});
