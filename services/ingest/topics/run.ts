/** What a source that lies in topics works on. */
import type { Settings } from "../../../schemas/settings.ts";
import type { TopicSource } from "../../../schemas/settings-sources.ts";
import { inTurnUntilOneFails } from "../../in-turn.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RawSource } from "../../ports/source.ts";
import type { Stream } from "../../ports/stream.ts";
import type { TokenIndex } from "../attribute.ts";
import type { DoorOptions } from "../door.ts";
import type { Key } from "../key.ts";
import { openBell } from "./bell.ts";
import type { Vitals } from "./health.ts";
import { openLanes } from "./lanes.ts";
import { openOrder } from "./order.ts";
import type { Positions, RawPartition, TakenBatch } from "./partition.ts";
import { rawReader } from "./records.ts";

/** Most bytes of batches that are not wholly durable. Beyond it nothing is read, and events go without waiting for earlier ones. */
export const MAX_OPEN_BYTES = 33_554_432;

/** What one source in topics works on. */
export interface TopicSourceOptions {
  /** Where the records lie. */
  readonly raw: RawSource;
  readonly source: TopicSource;
  readonly stream: Stream;
  /** All sources of a process share one. */
  readonly index: TokenIndex;
  /** Of positions: not the one that is left behind when our own partitions are numbered anew. */
  readonly positions: Positions["store"];
  readonly clock: Clock;
  readonly settings: Pick<Settings, "ingest" | "tenant">;
  readonly key: Key;
  readonly tierOf: DoorOptions["tierOf"];
  /** Events that the processor is behind. */
  readonly lag: () => number;
}

/** What a running source works on. */
export type TopicRun = ReturnType<typeof begin>;

/** Nothing is read yet. */
export function begin(options: TopicSourceOptions) {
  const { source, stream, clock, settings, raw, positions } = options;
  const { maxLineBytes } = settings.ingest;
  const { partitions } = stream;
  const vitals: Vitals = { clock, heardMs: clock.now(), openBytes: 0, owned: 0 };
  return {
    options,
    read: rawReader({ ...options, partitions, maxLineBytes, tenant: settings.tenant }),
    positions: { store: positions, source: raw, name: source.name } satisfies Positions,
    order: openOrder<TakenBatch>(),
    lanes: openLanes(source.latenessMs, clock),
    partitions: new Map<string, RawPartition>(),
    inTurn: inTurnUntilOneFails(),
    bell: openBell(clock),
    stopping: new AbortController(),
    vitals,
  };
}
