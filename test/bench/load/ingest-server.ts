/** In a process of its own: ingest alone, on a log and store in the folder that is named; tells its address, and what it has used when asked. */
import { Settings } from "../../../schemas/settings.ts";
import { clock } from "../../../services/adapters/clock.ts";
import { openEmbedded } from "../../../services/adapters/index.ts";
import { ingestRoutes, loadOrMakeKey, tierOf } from "../../../services/ingest/index.ts";
import { createServer, listen } from "../../../services/server/server.ts";

const folder = process.argv[2] ?? "";
const settings = Settings.parse({ http: { port: 0 } });
const { stream, store, close } = await openEmbedded({ folder, partitions: settings.partitions });
const app = createServer({
  settings,
  waitingFor: () => [],
  metrics: async () => "",
  onFault: (fault) => process.stderr.write(`${fault.stack}\n`),
});
ingestRoutes(app, { stream, store, clock, settings, key: await loadOrMakeKey(folder), tierOf, lag: () => 0 });
process.send?.({ url: await listen(app, settings.http) });
process.on("message", () => process.send?.({ usage: process.cpuUsage() }));
process.once("disconnect", () => void app.close().then(close));
