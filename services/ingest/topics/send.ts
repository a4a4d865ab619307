/** From the order into the log. */
import { openAccepted } from "../accepted.ts";
import { acceptedTotal } from "../intake.ts";
import { forcedTotal } from "./metrics.ts";
import type { Waiting } from "./order.ts";
import { commitPosition, noteDurable, type RawPartition, type TakenBatch } from "./partition.ts";
import { MAX_OPEN_BYTES, type TopicRun } from "./run.ts";

/** Most events that are appended at a time. */
const MAX_SENT = 2000;

/** Sends what may go, again and again, until it is stopped. */
export async function sendAll(run: TopicRun): Promise<void> {
  const { order, lanes, bell, stopping, vitals, inTurn, options } = run;
  while (!stopping.signal.aborted) {
    let count = 0;
    const isFull = vitals.openBytes > MAX_OPEN_BYTES;
    await inTurn(async () => {
      const events = order.take(isFull ? Number.POSITIVE_INFINITY : lanes.limitMs(), MAX_SENT);
      count = events.length;
      await send(run, events);
    });
    if (isFull) forcedTotal.add(count, { source: options.source.name });
    if (count === 0 && !stopping.signal.aborted)
      await bell.wait(order.isEmpty() ? undefined : lanes.waitMs());
  }
}

/** Events of several tenants have nothing to do with each other. Resolves when all are durable. */
async function send(run: TopicRun, events: readonly Waiting<TakenBatch>[]): Promise<void> {
  if (events.length === 0) return;
  const byTenant = Map.groupBy(events, ({ tenant }) => tenant);
  await Promise.all(Array.from(byTenant, ([tenant, own]) => append(run, tenant, own)));
  acceptedTotal.add(events.length, { source: run.options.source.name });
  for (const { batch } of events) releaseDurable(run, batch);
  run.bell.ring();
}

async function append(run: TopicRun, tenant: string, events: readonly Waiting<TakenBatch>[]): Promise<void> {
  const accepted = openAccepted({ ...run.options, tenant });
  for (const { event } of events) accepted.add(event.ready, event.event);
  await accepted.append();
}

/** One thing in the batch is durable. */
export function releaseDurable({ vitals }: TopicRun, taken: TakenBatch): void {
  if (noteDurable(taken)) vitals.openBytes -= taken.bytes;
}

/** With nothing open, unless somebody else has it already: he reads again what waits here. */
export async function giveBack(run: TopicRun, partition: RawPartition): Promise<void> {
  const { order, lanes, positions, vitals } = run;
  const events = order.takeFrom((taken) => taken.partition === partition);
  lanes.leave(partition.lane);
  await commitPosition(partition, positions, true);
  if (!partition.isFenced) await send(run, events);
  await commitPosition(partition, positions);
  for (const { open, bytes } of partition.batches) if (open > 0) vitals.openBytes -= bytes;
  run.bell.ring();
}
