/**
 * When the store has lost everything, and the log has not. Processor, responder and egress read the log from its beginning, and so
 * come to know again what they knew; but nothing of what lay in the log when the first process began on the empty store is told or
 * acted on once more: what would follow from it is left out, and who only passes things on begins at the former end.
 *
 * _The holes:_ what was accepted and not yet judged when the store was lost has no findings but for invariants, and no
 * actions but for those; the older audit log is gone, and its new chain names as asked now what was asked before.
 */
import { metrics } from "@opentelemetry/api";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { StreamName } from "../../schemas/streams.ts";
import type { Consumer, NewRecord, RecordBatch, Stream } from "../ports/stream.ts";

/** What lay in the log when the first process began on an empty store. */
export interface Rebuild {
  /** Wall clock, ms since 1970: tells one loss from another. */
  readonly atMs: number;
  /** Of which layout of the log that is true; see generation.ts. */
  readonly generation: number;
  /** Former end of each partition. */
  readonly ends: Readonly<Record<Upstream, readonly number[]>>;
  /** Position of the last event of each partition of which something was found; -1 if there is none. */
  readonly found: readonly number[];
}

/** Streams of which something follows. */
const UPSTREAMS = ["events", "findings", "decisions", "outcomes", "actions"] as const;
type Upstream = (typeof UPSTREAMS)[number];

/** What each stage reads. */
const UPSTREAM_OF: Readonly<Record<string, Upstream>> = {
  processor: "events",
  "responder:findings": "findings",
  "responder:decisions": "decisions",
  "responder:outcomes": "outcomes",
  egress: "actions",
};

/** Streams of what follows from others. */
const DERIVED: ReadonlySet<StreamName> = new Set(["findings", "actions", "outcomes", "denials"]);
/** Groups that learn from the beginning. */
const LEARNING: ReadonlySet<string> = new Set(["processor", "responder", "egress"]);

const silencedTotal = metrics.getMeter("offgraph").createCounter("offgraph_rebuild_silenced_total", {
  description: "Records that were not appended again while the state was rebuilt from the log, by stream",
});

/** What an empty store begins with; undefined if the log is empty too, as it is before the very first start. */
export async function rebuildFrom(stream: Stream, nowMs: number): Promise<Rebuild | undefined> {
  const all = Array.from({ length: stream.partitions }, (_, partition) => partition);
  const endsOf = (name: Upstream) => Promise.all(all.map((partition) => stream.end(name, partition)));
  const ends = Object.fromEntries(
    await Promise.all(UPSTREAMS.map(async (name) => [name, await endsOf(name)] as const)),
  ) as Record<Upstream, number[]>;
  if (Object.values(ends).every((list) => list.every((end) => end === 0))) return undefined;
  const found = await Promise.all(all.map((partition) => lastFound(stream, partition)));
  return { atMs: nowMs, generation: 0, ends, found };
}

/** Findings lie in the partition of their event. */
async function lastFound(stream: Stream, partition: number): Promise<number> {
  let last = -1;
  for await (const batch of stream.read("findings", partition, 0))
    for (const { origin } of originsIn(batch))
      if (origin?.stage === "processor") last = Math.max(last, origin.position);
  return last;
}

type Said = Partial<Derived<Partial<Finding>>>;

function* originsIn({ bytes, starts, ends, count }: RecordBatch): Generator<Said> {
  for (let at = 0; at < count; at++) yield saidIn(bytes.subarray(starts[at], ends[at]));
}

/** Whoever may write to a topic may have written anything. */
function saidIn(value: Uint8Array): Said {
  try {
    return Object(JSON.parse(Buffer.from(value).toString()));
  } catch {
    return {};
  }
}

interface RebuildOptions {
  readonly rebuild: Rebuild | undefined;
  /** Rejects if the store has been lost since; asked whenever a partition comes to this process, before its first record. */
  readonly check: () => Promise<void>;
}

/** The log as services see it that may have to learn everything again. */
export function rebuilding(stream: Stream, { rebuild, check }: RebuildOptions): Stream {
  const append = async (records: readonly NewRecord[]) => {
    const left = rebuild === undefined ? records : records.filter((record) => !wasSaid(record, rebuild));
    if (left.length > 0) await stream.append(left);
  };
  const startOf = (name: StreamName, group: string, partition: number) =>
    rebuild === undefined || LEARNING.has(group) ? 0 : (endsOf(rebuild, name)?.[partition] ?? 0);
  return {
    partitions: stream.partitions,
    append,
    end: (name, partition) => stream.end(name, partition),
    read: (name, partition, from, options) => stream.read(name, partition, from, options),
    consume(name, group, consumer, options) {
      const own: Consumer = {
        async assigned(partition) {
          const position = await consumer.assigned(partition);
          await check();
          return Math.max(position, startOf(name, group, partition));
        },
        batch: (batch) => consumer.batch(batch),
        revoked: (partition) => consumer.revoked(partition),
      };
      return stream.consume(name, group, own, options);
    },
    close: () => stream.close(),
  };
}

function endsOf({ ends }: Rebuild, name: StreamName): readonly number[] | undefined {
  const known: Partial<Record<StreamName, readonly number[]>> = ends;
  return known[name];
}

/** Whether it follows from what lay in the log before. An invariant that was not told yet is told all the same. */
function wasSaid({ stream, value }: NewRecord, rebuild: Rebuild): boolean {
  if (!DERIVED.has(stream)) return false;
  const { origin, value: said } = saidIn(value);
  const upstream = origin && UPSTREAM_OF[origin.stage];
  if (origin === undefined || upstream === undefined) return false;
  const last =
    said?.evidenceKind === "invariant"
      ? (rebuild.found[origin.partition] ?? -1)
      : (rebuild.ends[upstream][origin.partition] ?? 0) - 1;
  if (origin.position > last) return false;
  silencedTotal.add(1, { stream });
  return true;
}
