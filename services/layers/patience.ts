/**
 * Log and store for services that have nobody to send away: what does not answer is asked again until it does. A consumer that
 * waits takes no further batch, so the pressure reaches the log, where it costs nothing; health says what is waited for.
 * Those who do have somebody, such as HTTP routes, are given the log and the store themselves, and say `unavailable`.
 */
import { metrics } from "@opentelemetry/api";
import { hasCode, type OffgraphError } from "../../schemas/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import { endOf } from "../records.ts";

const PAUSE_MS = 1000;
/** What takes so long is told in health. */
const LONG_MS = 5000;

const retriesTotal = metrics.getMeter("offgraph").createCounter("offgraph_backpressure_retries_total", {
  description: "Requests to the log or the store that were made again because there was no answer",
});

/** A request that has not been answered yet. */
interface Waiting {
  readonly of: "the log" | "the store";
  readonly sinceMs: number;
  /** What the last try has said. */
  said?: string;
}

interface Patient {
  readonly stream: Stream;
  readonly store: Store;
  /** What is waited for, for longer than usual; undefined when all is well. */
  waitingFor(): string | undefined;
  /** From now on nothing is asked again. */
  stop(): void;
}

type Persist = <Result>(of: Waiting["of"], ask: () => Promise<Result>) => Promise<Result>;

/** Around this log and this store; what fails for good still fails. */
export function patient(stream: Stream, store: Store, clock: Clock): Patient {
  const stopping = new AbortController();
  const all = new Set<Waiting>();
  const persist: Persist = async (of, ask) => {
    const waiting: Waiting = { of, sinceMs: clock.now() };
    all.add(waiting);
    try {
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          if (stopping.signal.aborted || !isUnavailable(error)) throw error;
          waiting.said = error.message;
          retriesTotal.add(1, { of });
          await clock.sleep(PAUSE_MS, stopping.signal);
        }
      }
    } finally {
      all.delete(waiting);
    }
  };
  return {
    stream: patientStream(stream, persist),
    store: patientStore(store, persist),
    waitingFor: () => longest(all, clock.now()),
    stop: () => stopping.abort(),
  };
}

const isUnavailable = (error: unknown): error is OffgraphError => hasCode(error, "unavailable");

/** A Set keeps the order in which they came, so the first has waited longest. */
function longest(all: ReadonlySet<Waiting>, nowMs: number): string | undefined {
  const [first] = all;
  if (first === undefined || nowMs - first.sinceMs < LONG_MS) return undefined;
  const seconds = Math.floor((nowMs - first.sinceMs) / 1000);
  return `${first.of} has not answered for ${seconds} s, and no more is read meanwhile${first.said ? `: ${first.said}` : ""}`;
}

function patientStream(stream: Stream, persist: Persist): Stream {
  return {
    partitions: stream.partitions,
    append: (records) => persist("the log", () => stream.append(records)),
    end: (name, partition) => persist("the log", () => stream.end(name, partition)),
    async *read(name, partition, from, options) {
      let next = from;
      const batches = () => stream.read(name, partition, next, options);
      for await (const batch of again("the log", batches, persist)) {
        next = endOf(batch);
        yield batch;
      }
    },
    consume: (name, group, consumer, options) => stream.consume(name, group, consumer, options),
    close: () => stream.close(),
  };
}

function patientStore(store: Store, persist: Persist): Store {
  const ask = <Result>(act: () => Promise<Result>) => persist("the store", act);
  return {
    acquire: (space, partition) => ask(() => store.acquire(space, partition)),
    position: (space, partition) => ask(() => store.position(space, partition)),
    load: (space, partition, groups) => ask(() => store.load(space, partition, groups)),
    scan: (space, partition) => patientScan(store, persist, space, partition),
    write: (lease, chunk) => ask(() => store.write(lease, chunk)),
    commit: (lease, chunks, position) => ask(() => store.commit(lease, chunks, position)),
    indexTokens: (entries) => ask(() => store.indexTokens(entries)),
    agentsOf: (tenant, tokens, nowMs) => ask(() => store.agentsOf(tenant, tokens, nowMs)),
    tokensOf: (tenant, agent, nowMs, limit) => ask(() => store.tokensOf(tenant, agent, nowMs, limit)),
    close: () => store.close(),
  };
}

/** A scan that broke off is begun again; what has been handed out before is left out. */
async function* patientScan(store: Store, persist: Persist, space: string, partition: number) {
  const seen = new Set<string>();
  for await (const group of again("the store", () => store.scan(space, partition), persist)) {
    if (!seen.has(group[0])) yield group;
    seen.add(group[0]);
  }
}

/** What an iteration brings; when it breaks off, another one is begun. */
async function* again<Value>(of: Waiting["of"], begin: () => AsyncIterable<Value>, persist: Persist) {
  let open = begin()[Symbol.asyncIterator]();
  const step = () =>
    open.next().catch((error: unknown) => {
      open = begin()[Symbol.asyncIterator]();
      throw error;
    });
  try {
    for (;;) {
      const { value, done } = await persist(of, step);
      if (done) return;
      yield value;
    }
  } finally {
    await open.return?.();
  }
}
