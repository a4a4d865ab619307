/**
 * The process that the crash test kills: it appends calls of many lines and commits chunks, and prints what was
 * acknowledged, one line each: `append <partition> <call>` or `commit <partition> <position>`.
 */
import { type Embedded, openEmbedded } from "../../services/adapters/index.ts";
import { callLines, chunksAt, PARTITIONS } from "./crash-story.ts";

const embedded = await openEmbedded({ folder: process.argv[2] ?? "", partitions: PARTITIONS });
for (let partition = 0; partition < PARTITIONS; partition++) {
  void appendForever(embedded, partition);
  void commitForever(embedded, partition);
}

async function appendForever({ stream }: Embedded, partition: number): Promise<void> {
  for (let call = await nextCall(embedded, partition); ; call++) {
    const values = callLines(partition, call).map((line) => Buffer.from(line));
    await stream.append(values.map((value) => ({ stream: "events", partition, value })));
    process.stdout.write(`append ${partition} ${call}\n`);
  }
}

async function nextCall({ stream }: Embedded, partition: number): Promise<number> {
  const last = Math.max(0, (await stream.end("events", partition)) - 1);
  for await (const { bytes } of stream.read("events", partition, last)) {
    return Number(bytes.toString().split(":")[1]) + 1;
  }
  return 0;
}

async function commitForever({ store }: Embedded, partition: number): Promise<void> {
  const lease = await store.acquire("processor", partition);
  for (let position = 1 + (await store.position("processor", partition)); ; position++) {
    await store.commit(lease, chunksAt(position), position);
    process.stdout.write(`commit ${partition} ${position}\n`);
  }
}
