/** A batch of raw records: events, or dead letters. */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../ports/clock.ts";
import type { RawBatch } from "../../ports/source.ts";
import type { Stream } from "../../ports/stream.ts";
import { appendDeadLetters } from "../dead-letters.ts";
import type { Quick } from "../quick.ts";
import { openRejects } from "../rejects.ts";
import { openFieldWarnings } from "../unknown-fields.ts";
import type { RawReader } from "./records.ts";

/** Records that are read before others get their turn. */
const ROUND_RECORDS = 1000;

interface BatchOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  /** Name of the source. */
  readonly source: string;
  readonly read: RawReader;
}

/** An event that was read, and whose it is. */
interface ReadEvent {
  readonly tenant: string;
  readonly event: Quick;
}

/** Reads all. Resolves when what was refused is durable. */
export async function readBatch(batch: RawBatch, options: BatchOptions): Promise<ReadEvent[]> {
  const { read, clock, source } = options;
  const events: ReadEvent[] = [];
  const rejects = openRejectsOf(batch, options);
  const warnings = openFieldWarnings(source);
  for (let from = 0; from < batch.count; from += ROUND_RECORDS) {
    const round = { nowMs: clock.now(), told: new Set<string>() };
    for (let at = from; at < Math.min(batch.count, from + ROUND_RECORDS); at++) {
      const { tenant, events: own, refused, ignored } = read(batch, at, round);
      for (const event of own) events.push({ tenant, event });
      for (const refusal of refused) rejects.add(tenant, at, refusal);
      warnings.add(batch.positions[at] ?? 0, ignored);
    }
    await setImmediate();
  }
  warnings.finish();
  await rejects.append();
  return events;
}

/** What is refused, by tenant. */
function openRejectsOf(
  { topic, partition, bytes, starts, ends, positions }: RawBatch,
  options: BatchOptions,
) {
  const { clock, source, stream } = options;
  const all = new Map<string, ReturnType<typeof openRejects>>();
  const open = (tenant: string) => {
    const opened = openRejects({ clock, tenant, source, label: source, place: `${topic}/${partition}` });
    all.set(tenant, opened);
    return opened;
  };
  return {
    add(tenant: string, at: number, refusal: ReturnType<RawReader>["refused"][number]): void {
      const record = bytes.subarray(starts[at], ends[at]);
      const rejects = all.get(tenant) ?? open(tenant);
      rejects.add({ line: positions[at] ?? 0, ...refusal }, record, record.length);
    },
    append: () =>
      appendDeadLetters(
        stream,
        [...all.values()].flatMap((rejects) => rejects.letters()),
      ),
  };
}
