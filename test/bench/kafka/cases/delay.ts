/** From an event in Kafka to its finding in Kafka, at a fifth and at four fifths of what can be borne. */
import { openKafkaStream } from "../../../../services/adapters/stream-kafka.ts";
import type { NewRecord, RecordBatch, Stream } from "../../../../services/ports/stream.ts";
import type { BenchOptions, Case, Figure } from "../../case.ts";
import { figure, quantile } from "../../measure.ts";
import { linesOf, recordOf } from "../lines.ts";
import { appendAll, appendSteadily, markerIn } from "../load.ts";
import { PARTITIONS, preload } from "../preload.ts";
import { newName, servers } from "../servers.ts";
import { startWorker } from "../wishes.ts";

const SHARES = [0.2, 0.8];
const SECONDS = 5;
const MARKERS = 200;
/** Events that may wait while the most that can be borne is looked for. */
const MOST_BEHIND = 20_000;
/** Of the events, to find the most that can be borne: the first of them while compilers are at work. */
const WARM_UP_PART = 0.15;
const BURST_PART = 0.25;

/** What the processor has folded. */
function counter() {
  let folded = 0;
  let waiting: { readonly until: number; readonly resolve: () => void } | undefined;
  return {
    folded: () => folded,
    add(events: number): void {
      folded += events;
      if (waiting !== undefined && folded >= waiting.until) waiting.resolve();
    },
    until(events: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = { until: events, resolve };
      if (folded >= events) resolve();
      return promise;
    },
  };
}

type Counter = ReturnType<typeof counter>;

/** Events per second that are appended and folded, with few waiting. */
async function mostBorne(stream: Stream, records: readonly NewRecord[], count: Counter): Promise<number> {
  const before = count.folded();
  const startedMs = performance.now();
  await appendAll(stream, records, (appended) => before + appended - count.folded() < MOST_BEHIND);
  await count.until(before + records.length);
  return (records.length * 1000) / (performance.now() - startedMs);
}

/** Hears of markers that are durable and of findings about them; answers each delay once, in ms. Resolves when it listens. */
async function listen(stream: Stream) {
  const appendedMs = new Map<string, number>();
  const delays: number[] = [];
  const batch = async ({ bytes, starts, ends, count }: RecordBatch) => {
    const nowMs = performance.now();
    for (let at = 0; at < count; at++) {
      const marker = markerIn(bytes.toString("utf8", starts[at], ends[at]));
      // The events among which the markers are appended lead to findings too.
      if (marker === undefined) continue;
      // A finding may come before the acknowledgement of its event does.
      if (!appendedMs.has(marker)) appendedMs.set(marker, nowMs);
      else delays.push(nowMs - appendedMs.get(marker)!);
    }
  };
  const ready = Promise.withResolvers<void>();
  let listeningTo = 0;
  const assigned = async (partition: number) => {
    const end = await stream.end("findings", partition);
    if (++listeningTo === stream.partitions) ready.resolve();
    return end;
  };
  const subscription = stream.consume("findings", newName(), { assigned, batch, revoked: async () => {} });
  await ready.promise;
  const appended = (marker: string) => {
    if (appendedMs.has(marker)) delays.push(0);
    else appendedMs.set(marker, performance.now());
  };
  return { appended, delays, stop: () => subscription.stop() };
}

function figuresOf(share: number, perSecond: number, delays: readonly number[]): Figure[] {
  const sorted = delays.toSorted((one, other) => one - other);
  const name = `event to finding at ${100 * share} %`;
  return [
    figure(`${name} p50`, "ms", [quantile(sorted, 0.5)]),
    figure(`${name} p99`, "ms", [quantile(sorted, 0.99)], share > 0.5 ? "< 250" : undefined),
    figure(`${name} pace`, "events/s", [perSecond]),
  ];
}

async function measure(
  stream: Stream,
  records: readonly NewRecord[],
  count: Counter,
  note: BenchOptions["note"],
) {
  const [warm, burst] = [WARM_UP_PART, WARM_UP_PART + BURST_PART].map((part) =>
    Math.floor(records.length * part),
  );
  await mostBorne(stream, records.slice(0, warm), count);
  const most = await mostBorne(stream, records.slice(warm, burst), count);
  note(`${Math.round(most)} events/s are appended and folded`);
  const figures = [figure("appended and folded, at most", "events/s", [most])];
  const listening = await listen(stream);
  let from = burst ?? 0;
  for (const share of SHARES) {
    const events = Math.min(Math.floor(share * most * SECONDS), Math.floor((records.length - from) * share));
    const [expected, known] = [count.folded() + events + MARKERS, listening.delays.length];
    const pace = { perSecond: share * most, markers: MARKERS, appended: listening.appended };
    await appendSteadily(stream, records.slice(from, from + events), pace);
    await count.until(expected);
    while (listening.delays.length < known + MARKERS) await new Promise(setImmediate);
    figures.push(...figuresOf(share, pace.perSecond, listening.delays.slice(known)));
    from += events;
  }
  await listening.stop();
  return figures;
}

/** `--only delay`. */
export const delayCase: Case = {
  name: "delay",
  about: `from an appended event to its finding, as read by a consumer; ${MARKERS} times each, while others are appended`,
  async run({ benchFile, note }: BenchOptions) {
    const log = await preload(await servers(), []);
    const { brokers, topicPrefix } = log;
    const stream = await openKafkaStream({ brokers, topicPrefix, replication: 1 });
    const count = counter();
    const worker = startWorker((told) => {
      if (told.what === "folded") count.add(told.events);
    });
    try {
      await worker.ask({ what: "process", place: { ...log, storePrefix: newName() } });
      const records = Array.from(linesOf(benchFile()), (line) => recordOf(line, PARTITIONS));
      return await measure(stream, records, count, note);
    } finally {
      await worker.kill();
      await stream.close();
    }
  },
};
