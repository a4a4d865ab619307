/** How a source that lies in topics is doing, in metrics and in words. */
import type { ObservableCallback } from "@opentelemetry/api";
import type { Settings } from "../../../schemas/settings.ts";
import type { TopicSource } from "../../../schemas/settings-sources.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RawSource } from "../../ports/source.ts";
import { notDurableBytes, silentGauge } from "./metrics.ts";

/** What is looked at. */
export interface Vitals {
  readonly clock: Clock;
  /** When the last record came, or the first partition. */
  heardMs: number;
  /** Bytes of batches that are not wholly durable. */
  openBytes: number;
  /** Partitions that this process owns; of the others it cannot know whether they are silent. */
  owned: number;
}

/** Shows it as metrics; answers how to end that. */
export function observeTopics(source: string, vitals: Vitals): () => void {
  const silent: ObservableCallback = (result) => {
    if (vitals.owned > 0) result.observe(silentMs(vitals) / 1000, { source });
  };
  const open: ObservableCallback = (result) => result.observe(vitals.openBytes, { source });
  silentGauge.addCallback(silent);
  notDurableBytes.addCallback(open);
  return () => {
    silentGauge.removeCallback(silent);
    notDurableBytes.removeCallback(open);
  };
}

interface Worried {
  readonly raw: RawSource;
  readonly source: TopicSource;
  readonly settings: Pick<Settings, "ingest">;
  readonly lag: () => number;
}

/** What is not as it should be, and what to do. */
export function worries({ raw, source, settings, lag }: Worried, vitals: Vitals): string | undefined {
  const trouble = raw.trouble();
  if (trouble !== undefined) return `${trouble}; it is tried again`;
  if (lag() > settings.ingest.maxLagEvents)
    return "no more is read until the processor is less than ingest.maxLagEvents behind";
  if (vitals.owned === 0 || silentMs(vitals) <= source.silentAfterMs) return undefined;
  const minutes = Math.floor(silentMs(vitals) / 60_000);
  return `no record for ${minutes} min: look whether anything is still written to ${source.topics.join(", ")}`;
}

const silentMs = ({ clock, heardMs }: Vitals) => clock.now() - heardMs;
