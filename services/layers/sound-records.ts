/**
 * The log without what is no record of ours: whoever may write to a topic can write anything there. A reader sees only what fits
 * the stream's schema; the owner of a stream sets the rest aside in the dead letters. `events` is left to the processor, which
 * looks at every record anyway.
 */
import { metrics } from "@opentelemetry/api";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import { STREAMS, type StreamName } from "../../schemas/streams.ts";
import type { Clock } from "../ports/clock.ts";
import type { NewRecord, RecordBatch, Stream } from "../ports/stream.ts";
import { toBytes } from "../records.ts";

/** Whose task it is to set aside what is no record: one group, though many read. */
const OWNERS: Partial<Record<StreamName, string>> = {
  findings: "responder",
  decisions: "responder",
  outcomes: "responder",
  actions: "egress",
};

const unreadableTotal = metrics.getMeter("offgraph").createCounter("offgraph_stream_unreadable_total", {
  description: "Records of the log that were left out because they are none of ours, by stream",
});

const deadLettersTotal = metrics.getMeter("offgraph").createCounter("offgraph_stream_dead_letters_total", {
  description: "Dead letters appended, whoever has set them aside",
});

interface SoundOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  /** Tenant of dead letters. */
  readonly tenant: string;
}

export function soundRecords({ stream, clock, tenant }: SoundOptions): Stream {
  const append = async (records: readonly NewRecord[]) => {
    await stream.append(records);
    deadLettersTotal.add(lettersIn(records));
  };
  return {
    partitions: stream.partitions,
    append,
    end: (name, partition) => stream.end(name, partition),
    async *read(name, partition, from, options) {
      for await (const batch of stream.read(name, partition, from, options)) {
        const { sound } = parted(name, batch);
        if (sound.count > 0) yield sound;
      }
    },
    consume(name, group, consumer, options) {
      const batch = async (given: RecordBatch) => {
        const { sound, odd } = parted(name, given);
        if (odd.length > 0 && OWNERS[name] === group)
          await append(letters({ name, batch: given, odd, tenant, nowMs: clock.now() }, stream.partitions));
        if (sound.count > 0) await consumer.batch(sound);
      };
      const { assigned, revoked } = consumer;
      return stream.consume(name, group, { assigned, batch, revoked }, options);
    },
    close: () => stream.close(),
  };
}

const lettersIn = (records: readonly NewRecord[]): number =>
  records.reduce((sum, { stream }) => sum + (stream === "dead-letters" ? 1 : 0), 0);

/** What of a batch can be read, and which records of it cannot. */
function parted(name: StreamName, batch: RecordBatch): { sound: RecordBatch; odd: readonly number[] } {
  const odd = name === "events" ? [] : oddIn(name, batch);
  if (odd.length === 0) return { sound: batch, odd };
  unreadableTotal.add(odd.length, { stream: name });
  const kept = Array.from({ length: batch.count }, (_, at) => at).filter((at) => !odd.includes(at));
  const pick = (numbers: Int32Array | Float64Array) => kept.map((at) => numbers[at] ?? 0);
  const starts = Int32Array.from(pick(batch.starts));
  const ends = Int32Array.from(pick(batch.ends));
  const positions = Float64Array.from(pick(batch.positions));
  return { sound: { ...batch, count: kept.length, starts, ends, positions }, odd };
}

function oddIn(name: StreamName, { bytes, starts, ends, count }: RecordBatch): number[] {
  const { schema } = STREAMS[name];
  const isOdd = (at: number) => {
    try {
      return !schema.safeParse(JSON.parse(bytes.toString("utf8", starts[at], ends[at]))).success;
    } catch {
      return true;
    }
  };
  return Array.from({ length: count }, (_, at) => at).filter(isOdd);
}

interface Odd {
  readonly name: StreamName;
  readonly batch: RecordBatch;
  readonly odd: readonly number[];
  readonly tenant: string;
  readonly nowMs: number;
}

/** Without the text: it has not passed the door, so nobody knows what secrets it holds. */
function letters({ name, batch, odd, tenant, nowMs }: Odd, partitions: number): NewRecord[] {
  return odd.map((at) => {
    const bytes = (batch.ends[at] ?? 0) - (batch.starts[at] ?? 0);
    const letter: DeadLetter = {
      code: "unknown-record",
      message: `a record of ${name} that Offgraph has not written`,
      source: name,
      tenant,
      place: `${name}/${batch.partition}/${batch.positions[at]}`,
      time: new Date(nowMs).toISOString(),
      excerpt: "",
      bytes,
    };
    return { stream: "dead-letters", partition: batch.partition % partitions, value: toBytes(letter) };
  });
}
