/**
 * A process to be killed: responder and egress on the embedded log in a folder, and a stream of findings and decisions.
 * It prints the id of each decision that is durable.
 */

import { CAUSES } from "../../detectors/index.ts";
import { clock } from "../../services/adapters/clock.ts";
import { openEmbedded } from "../../services/adapters/index.ts";
import { startEgress } from "../../services/egress/index.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { loadOrMakeAuditKey, startResponder } from "../../services/responder/index.ts";
import { decision, finding, settings, TENANT } from "./given.ts";

const [folder = "", first = "0"] = process.argv.slice(2);
const { stream, store } = await openEmbedded({ folder, partitions: 2 });
const { privateKey } = await loadOrMakeAuditKey(folder);
startResponder({
  causes: CAUSES,
  stream,
  store,
  clock,
  settings: settings({}, { maxActionsPer10Min: 10_000 }),
  auditKey: privateKey,
});
startEgress({ stream, store, clock });

for (let number = Number(first); ; number++) {
  const agent = `agent-${number % 5}`;
  const partition = partitionOf(`${TENANT}/${agent}`, stream.partitions);
  const time = new Date(clock.now()).toISOString();
  const found = {
    origin: { stage: "processor", partition, position: number, index: 0 },
    value: finding(number, { agent, time } as object),
  };
  const decided = { ...decision("release"), agent, id: `d-${number.toString(16).padStart(32, "0")}` };
  await stream.append([
    { stream: "findings", partition, value: Buffer.from(JSON.stringify(found)) },
    { stream: "decisions", partition, value: Buffer.from(JSON.stringify(decided)) },
  ]);
  process.stdout.write(`${decided.id}\n`);
}
