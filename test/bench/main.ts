/** `npm run bench`: what one process does, on files and on the embedded log and store. */
import { deniedCase } from "./cases/denied.ts";
import { determinismCase } from "./cases/determinism.ts";
import { evidenceCase } from "./cases/evidence.ts";
import { gateCase } from "./cases/gate.ts";
import { ingestCase } from "./cases/ingest.ts";
import { memoryCase } from "./cases/memory.ts";
import { replayCase } from "./cases/replay.ts";
import { scanCase } from "./cases/scan.ts";
import { telemetryCase } from "./cases/telemetry.ts";
import { bench } from "./command.ts";

await bench({
  cases: [
    ...[replayCase, scanCase, evidenceCase, memoryCase, gateCase],
    ...[deniedCase, ingestCase, telemetryCase, determinismCase],
  ],
  events: 1_000_000,
  runs: 5,
});
