/** How far the processors are behind, whichever process they run in: what the log has, less what they have committed. */
import type { Service } from "../http.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";

interface LagOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  /** Where the processor keeps its positions. */
  readonly space: string;
}

interface Lag extends Service {
  /** Events, as of the last look; 0 before the first. */
  events(): number;
}

const LOOK_MS = 5000;

/** Looks every five seconds. What cannot be asked now is asked next time. */
export function followLag({ stream, store, clock, space }: LagOptions): Lag {
  const stopping = new AbortController();
  let events = 0;
  const behind = async (_: unknown, partition: number) => {
    const [end, position] = await Promise.all([
      stream.end("events", partition),
      store.position(space, partition),
    ]);
    return Math.max(0, end - position);
  };
  const look = async () => {
    const all = await Promise.all(Array.from({ length: stream.partitions }, behind));
    events = all.reduce((sum, one) => sum + one, 0);
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      await look().catch(() => undefined);
      await clock.sleep(LOOK_MS, stopping.signal);
    }
  };
  return {
    events: () => events,
    waitingFor: () => undefined,
    // A look that is under way may take long, and nobody needs it any more.
    stop: async () => stopping.abort(),
    done: run(),
  };
}
