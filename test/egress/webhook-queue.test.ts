/** What is settled stays settled, whatever else was under way. */
import { expect, it } from "vitest";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { type Delivery, openQueue, type Queue } from "../../services/egress/feeds/webhook/queue.ts";
import { finding, NOW_MS } from "../responder/given.ts";

const SPACE = "webhook-one";

/** A queue in which one delivery waits. */
async function queueOfOne() {
  const [store, stream] = [memoryStore(), memoryStream(1)];
  const origin = { stage: "processor", partition: 0, position: 0, index: 0 };
  const value = Buffer.from(JSON.stringify({ origin, value: finding(1) }));
  await stream.append([{ stream: "findings", partition: 0, value }]);
  const queue = await openQueue(store, SPACE, 0);
  for await (const batch of stream.read("findings", 0, 0)) await queue.take(batch, () => true, NOW_MS);
  const [delivery] = queue.deliveries as [Delivery];
  return { queue, delivery, reopened: () => openQueue(store, SPACE, 0) };
}
const attempts = (queue: Queue) => queue.deliveries.map((delivery) => delivery.attempts);

it("a delivery that is postponed waits on, also after a restart", async () => {
  const { queue, delivery, reopened } = await queueOfOne();
  await queue.postpone({ ...delivery, attempts: 1 });
  expect([attempts(queue), attempts(await reopened())]).toEqual([[1], [1]]);
});

it.each(["settled first", "postponed first"])(
  "a delivery that is settled while it is being postponed is not put back: %s",
  async (order) => {
    const { queue, delivery, reopened } = await queueOfOne();
    const work = [() => queue.remove([delivery]), () => queue.postpone({ ...delivery, attempts: 1 })];
    await Promise.all((order === "settled first" ? work : work.toReversed()).map((one) => one()));
    expect([attempts(queue), attempts(await reopened())]).toEqual([[], []]);
  },
);
