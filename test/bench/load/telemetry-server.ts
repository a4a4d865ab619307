/** In a process of its own: the whole system on a folder, telling a collector of itself if one is named; tells its address, and what it has used when asked. */
import { Settings } from "../../../schemas/settings.ts";
import { exportingOf } from "../../../services/settings/config.ts";
import { createLogger } from "../../../services/telemetry/logger.ts";
import { startTelemetry } from "../../../services/telemetry/telemetry.ts";

const [data = "", endpoint] = process.argv.slice(2);
const settings = Settings.parse({ data, http: { port: 0 }, telemetry: { endpoint, intervalMs: 10_000 } });
const secrets = { webhooks: new Map<string, string>() };
const telemetry = startTelemetry({ exporting: exportingOf(settings, secrets) });
const { startSystem } = await import("../../../services/main.ts");
const system = await startSystem({ settings, secrets, logger: createLogger("silent") });
process.send?.({ url: system.url });
process.on("message", () => process.send?.({ usage: process.cpuUsage() }));
process.once("disconnect", () => void system.stop().then(telemetry.stop));
