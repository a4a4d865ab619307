/**
 * In a process of its own: what the case needs, so that its processor time is that of nothing else. Does what its parent
 * tells it, and tells what happens. Ends with its parent.
 */
import "../../../services/telemetry/metrics.ts";

import { Settings } from "../../../schemas/settings.ts";
import { createLogger, startSystem } from "../../../services/main.ts";
import { openProcessor } from "./processor.ts";
import { produceAll } from "./producer.ts";
import type { Told, Wish } from "./wishes.ts";

const tell = (told: Told) => process.send?.(told);
/** Comparable between processes. */
const nowMs = () => performance.timeOrigin + performance.now();

let stop = async () => {};

async function grant(wish: Wish): Promise<string> {
  if (wish.what === "process") {
    const assigned = () => void tell({ what: "assigned", atMs: nowMs() });
    const folded = (events: number) => void tell({ what: "folded", events, atMs: nowMs() });
    const processor = await openProcessor(wish.place, { assigned, folded });
    processor.failed.catch(fail);
    stop = processor.stop;
  } else if (wish.what === "serve") {
    const logger = createLogger("silent");
    const settings = Settings.parse(wish.settings);
    const system = await startSystem({ settings, secrets: { webhooks: new Map() }, logger });
    system.done.catch(fail);
    stop = system.stop;
    return system.url;
  } else if (wish.what === "produce") {
    await produceAll(wish);
  } else if (wish.what === "stop") {
    await stop();
    stop = async () => {};
  }
  return "";
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
}

process.on("message", (wish: Wish) => {
  grant(wish).then((answer) => {
    const { user, system } = process.cpuUsage();
    tell({ what: "done", answer, cpuMicros: user + system, atMs: nowMs() });
  }, fail);
});
process.once("disconnect", () => process.exit());
