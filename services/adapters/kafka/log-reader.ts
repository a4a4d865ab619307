/** Where a partition begins and ends, and its records between two positions, without a group. */
import { OffgraphError } from "../../../schemas/errors.ts";
import type { RecordBatch } from "../../ports/stream.ts";
import { errorFromCode, type KafkaClient, type Patience } from "./client.ts";
import { type Fetched, fetchFrom } from "./fetch.ts";
import { endOfBatches, FetchReader, type UnreadableRecords } from "./record-reader.ts";

/** Codes of the protocol. */
export const OFFSET_OUT_OF_RANGE = 1;
const NOT_THERE_YET = 78;

const EDGES = { start: "-2", end: "-1" };
const LIMITS = { maxWaitMs: 500, maxBytes: 1_048_576, maxPartitionBytes: 1_048_576 };

/** Position of the oldest record, or after the newest one. */
export async function boundaryOf(
  client: KafkaClient,
  edge: keyof typeof EDGES,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  patience: Patience,
): Promise<number> {
  const topics = [{ topic, partitions: [{ partition, timestamp: EDGES[edge] }] }];
  const answer = await client.attempt(patience, async () =>
    client.request<{ responses: { partitions: { offset: string }[] }[] }>(
      await client.leaderOf(topic, partition),
      "listOffsets",
      { replicaId: -1, isolationLevel: 0, topics },
    ),
  );
  return Number(answer.responses[0]?.partitions[0]?.offset);
}

/** One line of JSON in the place of records that cannot be read: whoever reads it sets it aside as no event of ours. */
export const standInFor =
  (topic: string, partition: number) =>
  ({ from, to, reason }: UnreadableRecords): Buffer =>
    Buffer.from(JSON.stringify({ unreadable: { topic, partition, from, to, reason } }));

interface Reading {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly end: Promise<number>;
  readonly maxBytes: number;
}

/** The records from `from` on and before `end`. Errors: `unavailable`. */
export async function* readLog(
  client: KafkaClient,
  reading: Reading,
  patience: Patience,
): AsyncGenerator<RecordBatch> {
  const { topic, partition, maxBytes } = reading;
  const end = await reading.end;
  for (let next = reading.from; next < end; ) {
    const { errorCode, chunk } = await client.attempt(patience, () =>
      fetchOne(client, topic, partition, next),
    );
    if (errorCode === OFFSET_OUT_OF_RANGE) {
      next = await startAfter(client, topic, partition, next, patience);
      continue;
    }
    const reader = new FetchReader(chunk, next, end, standInFor(topic, partition));
    for (let batch = reader.read(partition, maxBytes); batch; batch = reader.read(partition, maxBytes))
      yield batch;
    next = reader.next;
  }
}

async function fetchOne(
  client: KafkaClient,
  topic: string,
  partition: number,
  from: number,
): Promise<Fetched> {
  const nodeId = await client.leaderOf(topic, partition);
  const [fetched] = await fetchFrom(client, nodeId, [{ topic, partition, from }], LIMITS);
  if (fetched === undefined) throw errorFromCode(NOT_THERE_YET);
  if (fetched.errorCode === OFFSET_OUT_OF_RANGE) return fetched;
  if (fetched.errorCode !== 0) throw errorFromCode(fetched.errorCode);
  if (endOfBatches(fetched.chunk) === undefined) throw errorFromCode(NOT_THERE_YET);
  return fetched;
}

/** Where the log begins now, when retention has taken what was asked for. */
async function startAfter(
  client: KafkaClient,
  topic: string,
  partition: number,
  next: number,
  patience: Patience,
) {
  const start = await boundaryOf(client, "start", { topic, partition }, patience);
  if (start > next) return start;
  throw new OffgraphError("unavailable", `kafka: ${topic}/${partition} has lost the records from ${next} on`);
}
