/** Ticks: events that tell every partition what time it is, so that silence can be noticed and replay notices the same. */
import { metrics } from "@opentelemetry/api";
import type { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { EventId, Tenant } from "../../schemas/ids.ts";
import type { Service } from "../http.ts";
import type { Clock } from "../ports/clock.ts";
import type { Stream } from "../ports/stream.ts";

/** Where ticks go, and how often. */
export interface TickOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  /** Default: ten seconds. */
  readonly everyMs?: number;
  readonly tenant: string;
}

const missedTotal = metrics.getMeter("offgraph").createCounter("offgraph_ingest_ticks_missed_total", {
  description: "Ticks that the log did not take",
});

/** Appends one tick to every partition of `events`, at once and then again and again. A tick that the log does not take is left out. */
export function startTicks({ stream, clock, everyMs = 10_000, tenant }: TickOptions): Service {
  const stopping = new AbortController();
  let missed = false;
  const run = async () => {
    while (!stopping.signal.aborted) {
      missed = await stream.append(ticksAt(clock.now(), stream.partitions, tenant)).then(
        () => false,
        () => true,
      );
      if (missed) missedTotal.add(1);
      await clock.sleep(everyMs, stopping.signal);
    }
  };
  const done = run();
  return {
    waitingFor: () => (missed ? "the log to take a tick" : undefined),
    async stop() {
      stopping.abort();
      await done;
    },
    done,
  };
}

function ticksAt(nowMs: number, partitions: number, tenant: string) {
  const time = new Date(nowMs).toISOString();
  return Array.from({ length: partitions }, (_, partition) => {
    const tick: Event = {
      id: EventId.parse(`tick-${partition}-${nowMs}`),
      kind: "tick",
      time,
      observedTime: time,
      tenant: Tenant.parse(tenant),
      source: "offgraph",
    };
    return { stream: "events" as const, partition, value: Buffer.from(canonicalLine(tick)) };
  });
}
