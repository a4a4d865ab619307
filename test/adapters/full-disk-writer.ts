/**
 * A process that may write only so much, for the test of a full disk: appends until refused, then prints the reason and,
 * after one more try, how many records were acknowledged and how many can be read.
 */
import { openEmbedded } from "../../services/adapters/index.ts";
import { gather } from "../conformance/gather.ts";

const { stream, close } = await openEmbedded({ folder: process.argv[2] ?? "", partitions: 1 });
const large = { stream: "events", partition: 0, value: Buffer.alloc(300_000, "x") } as const;
let acknowledged = 0;
const append = async () => {
  await stream.append([large]);
  acknowledged++;
};
const appendUntilRefused = async () => {
  for (;;) await append();
};
const refusal = await appendUntilRefused().catch(String);
await append().catch(() => {}); // refused or not, it must not end the process
const batches = await gather(stream.read("events", 0, 0));
const readable = batches.reduce((sum, { count }) => sum + count, 0);
process.stdout.write(`${JSON.stringify({ refusal, acknowledged, readable })}\n`);
await close();
