/** `npm run bench:kafka`: the same system on Kafka and Redis. Both are real, and share the machine with what is measured. */
import { bench } from "../command.ts";
import { processorCase } from "./cases/processor.ts";
import { stopServers } from "./servers.ts";

await bench({ cases: [processorCase], events: 500_000, runs: 3, end: stopServers });
