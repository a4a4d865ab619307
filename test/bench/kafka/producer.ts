/** What ingest is compared with: kafkajs' own producer, given ready-made bytes. */
import kafkajs from "kafkajs";
import { linesOf, recordOf } from "./lines.ts";
import type { Servers } from "./servers.ts";

export interface Production extends Servers {
  /** File of events. */
  readonly path: string;
  readonly topic: string;
  readonly partitions: number;
}

const RECORDS_PER_SEND = 1000;
const SENDS_UNDER_WAY = 4;

/** Sends every line to the partition of its agent, 1000 to one partition at a time, acknowledged by all replicas. */
export async function produceAll({ brokers, path, topic, partitions }: Production): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const lanes = Map.groupBy(
    Array.from(linesOf(path), (line) => recordOf(line, partitions)),
    ({ partition }) => partition,
  );
  const sends = Array.from(lanes, ([partition, records]) =>
    Array.from({ length: Math.ceil(records.length / RECORDS_PER_SEND) }, (_, at) =>
      records
        .slice(at * RECORDS_PER_SEND, (at + 1) * RECORDS_PER_SEND)
        .map(({ value }) => ({ value: Buffer.from(value), partition })),
    ),
  ).flat();
  const sender = async () => {
    for (let messages = sends.shift(); messages !== undefined; messages = sends.shift())
      await producer.send({ topic, messages, acks: -1 });
  };
  await Promise.all(Array.from({ length: SENDS_UNDER_WAY }, sender));
  await producer.disconnect();
}
