/** `npm run bench:kafka`: the same system on Kafka and Redis. Both are real, and share the machine with what is measured. */
// First: counters made before telemetry is started stay idle.
import "../../../services/telemetry/metrics.ts";

import { bench } from "../command.ts";
import { delayCase } from "./cases/delay.ts";
import { deniedCase } from "./cases/denied.ts";
import { growthCase } from "./cases/growth.ts";
import { idleCase } from "./cases/idle.ts";
import { ingestCase } from "./cases/ingest.ts";
import { pairCase } from "./cases/pair.ts";
import { processorCase } from "./cases/processor.ts";
import { restartCase } from "./cases/restart.ts";
import { stopServers } from "./servers.ts";

await bench({
  cases: [processorCase, pairCase, growthCase, delayCase, deniedCase, restartCase, ingestCase, idleCase],
  events: 500_000,
  runs: 3,
  end: stopServers,
});
