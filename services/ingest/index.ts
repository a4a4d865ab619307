/** What other rooms see of ingest. */
export { openTokenIndex } from "./attribute.ts";
export { readDeadLetters } from "./dead-letters.ts";
export { type Key, keyedHash, keyOf, loadOrMakeKey, PUBLIC_KEY, readKey } from "./key.ts";
export { type IngestOptions, ingestRoutes } from "./routes.ts";
export { startTicks, type TickOptions } from "./ticks.ts";
export { operationTier as tierOf } from "./tier.ts";
export { startTopicSource } from "./topics/index.ts";
