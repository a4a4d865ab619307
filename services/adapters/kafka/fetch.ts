/** Fetch, version 11, its answer read without making anything of the records in it. */
import type { KafkaClient } from "./client.ts";

/** What is wanted of a partition. */
export interface Wanted {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
}

/** What came of it. */
export interface Fetched extends Wanted {
  /** Code of the protocol; 0: none. */
  readonly errorCode: number;
  /** Position after the newest record that every replica has. */
  readonly end: number;
  /** Record batches as they lie in the log; the last one may be cut short. */
  readonly chunk: Buffer;
}

/** How much, and for how long to wait when there is nothing. */
interface FetchLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

/** Longest time that the answer itself may take. */
const ANSWER_MS = 10_000;

/** Asks one broker for several partitions. */
export async function fetchFrom(
  client: KafkaClient,
  nodeId: number | string,
  wanted: readonly Wanted[],
  { maxWaitMs, maxBytes, maxPartitionBytes }: FetchLimits,
): Promise<Fetched[]> {
  const topics = Map.groupBy(wanted, ({ topic }) => topic);
  const args = {
    replicaId: -1,
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes,
    isolationLevel: 0,
    topics: Array.from(topics, ([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition, from }) => ({
        partition,
        fetchOffset: `${from}`,
        maxBytes: maxPartitionBytes,
      })),
    })),
  };
  const from = new Map(wanted.map((one) => [`${one.topic}/${one.partition}`, one.from]));
  const decode = async (payload: Buffer) => readAnswer(payload, from);
  return client.request(nodeId, "fetch", args, { decode, requestTimeoutMs: maxWaitMs + ANSWER_MS });
}

/**
 * throttle_time error session [topic [partition error high_watermark last_stable log_start [aborted] replica records]]:
 * https://kafka.apache.org/protocol#The_Messages_Fetch. With sessions off, the error of the whole is always 0.
 */
function readAnswer(payload: Buffer, from: ReadonlyMap<string, number>): Fetched[] {
  const answers: Fetched[] = [];
  const bytes = new Bytes(payload, 10);
  for (let topics = bytes.int32(); topics > 0; topics--) {
    const topic = bytes.take(bytes.int16()).toString();
    for (let partitions = bytes.int32(); partitions > 0; partitions--) {
      const partition = bytes.int32();
      const errorCode = bytes.int16();
      const end = bytes.int64();
      bytes.take(16); // last stable position, first position
      bytes.take(16 * Math.max(0, bytes.int32()) + 4); // aborted transactions; replica to read from
      const chunk = bytes.take(Math.max(0, bytes.int32()));
      answers.push({
        topic,
        partition,
        from: from.get(`${topic}/${partition}`) ?? -1,
        errorCode,
        end,
        chunk,
      });
    }
  }
  return answers;
}

/** Reads numbers and pieces one after the other. */
class Bytes {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  take(length: number): Buffer {
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  int16 = () => this.take(2).readInt16BE();
  int32 = () => this.take(4).readInt32BE();
  int64 = () => Number(this.take(8).readBigInt64BE());
}
