/** A log of its own with events in it, written once and read by every variant. */

import { openKafkaStream } from "../../../services/adapters/stream-kafka.ts";
import type { NewRecord } from "../../../services/ports/stream.ts";
import { recordOf } from "./lines.ts";
import { newName, type Servers } from "./servers.ts";

/** Where the events lie. */
export interface Preloaded extends Servers {
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly events: number;
}

const RECORDS_PER_APPEND = 4000;
/** Partitions of every log that is measured. */
export const PARTITIONS = 4;

/** Appends the lines as ingest does. */
export async function preload(servers: Servers, lines: Iterable<Buffer>): Promise<Preloaded> {
  const topicPrefix = `${newName()}.`;
  const stream = await openKafkaStream({
    ...{ brokers: servers.brokers, topicPrefix, partitions: PARTITIONS, replication: 1 },
  });
  let events = 0;
  let records: NewRecord[] = [];
  for (const line of lines) {
    records.push(recordOf(line, PARTITIONS));
    events++;
    if (records.length < RECORDS_PER_APPEND) continue;
    await stream.append(records);
    records = [];
  }
  await stream.append(records);
  await stream.close();
  return { ...servers, topicPrefix, partitions: PARTITIONS, events };
}
