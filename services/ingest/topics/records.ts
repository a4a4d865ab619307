/** From a record of a topic to events that are ready for the log. Its tenant and its trace come beside it, as headers. */
import { ID_LENGTH, Tenant } from "../../../schemas/ids.ts";
import type { TopicSource } from "../../../schemas/settings-sources.ts";
import type { RawBatch } from "../../ports/source.ts";
import { boundedCache } from "../cache.ts";
import { type Door, type DoorOptions, openDoor } from "../door.ts";
import {
  type Quick,
  type QuickOptions,
  type QuickReader,
  quickReaders,
  type ReadingRound,
} from "../quick.ts";
import { readied } from "../ready.ts";
import { type RecordRefusal, readJson } from "../record.ts";
import type { EventDraft } from "../source.ts";
import { sourceNamed } from "../sources/index.ts";

/** Tenants whose doors are kept open. */
const MAX_LANES = 1000;
/** Of a topic's name, in the ids of records that have none: the end tells more than the beginning. */
const TOPIC_LENGTH = ID_LENGTH - 48;
/** https://www.w3.org/TR/trace-context/#traceparent-header: ids of nothing but zeros are none. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

interface RawReaderOptions extends QuickOptions, Pick<DoorOptions, "key" | "tierOf"> {
  readonly source: TopicSource;
  /** Tenant of the installation. */
  readonly tenant: string;
  /** Longest record, in bytes. */
  readonly maxLineBytes: number;
}

/** What became of a record: events, and why of it or of a part of it nothing came. */
interface RawReading {
  readonly events: readonly Quick[];
  readonly refused: readonly RecordRefusal[];
  /** Fields that no event has. */
  readonly ignored: readonly string[];
}

/** Reads record `at` of a batch. */
export type RawReader = (
  batch: RawBatch,
  at: number,
  round: ReadingRound,
) => RawReading & { readonly tenant: string };

/** A reader for one source; what it cannot read is refused. */
export function rawReader(options: RawReaderOptions): RawReader {
  const { source } = options;
  const { tenantHeader, tenant: fixed = tenantHeader === undefined ? options.tenant : undefined } = source;
  const laneOf = openLanes(options);
  return (batch, at, round) => {
    const named = tenantHeader === undefined ? undefined : batch.header(at, tenantHeader);
    const { data: tenant } = Tenant.safeParse(named ?? fixed);
    // It is nobody's, so that its refusal is for whoever runs the system.
    if (tenant === undefined) return { tenant: options.tenant, ...nothing(noTenant(tenantHeader)) };
    return { tenant, ...laneOf(tenant)(batch, at, round) };
  };
}

/** Reads the records of one tenant. */
type Lane = (batch: RawBatch, at: number, round: ReadingRound) => RawReading;

function openLanes(options: RawReaderOptions): (tenant: string) => Lane {
  const quickReader = quickReaders(options);
  const convert = sourceNamed(options.source.format).open();
  const lanes = boundedCache<Lane>(MAX_LANES);
  return (tenant) => {
    const source = options.source.name;
    const open = () => {
      const door = openDoor({ ...options, tenant, source });
      const lane = openLane(options, convert, door, quickReader(tenant, source));
      lanes.set(tenant, lane);
      return lane;
    };
    return lanes.get(tenant) ?? open();
  };
}

function openLane(
  { source, maxLineBytes, partitions }: RawReaderOptions,
  convert: ReturnType<ReturnType<typeof sourceNamed>["open"]>,
  door: Door,
  quick: QuickReader,
): Lane {
  const isOwn = source.format === "offgraph";
  return (batch, at, round) => {
    const [start, end] = [batch.starts[at] ?? 0, batch.ends[at] ?? 0];
    if (end - start > maxLineBytes) return nothing(tooLong(maxLineBytes));
    const trace = batch.header(at, "traceparent");
    const taken = isOwn && trace === undefined ? quick(batch.bytes, start, end, round) : undefined;
    if (taken !== undefined) return { events: [taken], refused: [], ignored: [] };
    const read = readJson(batch.bytes.subarray(start, end));
    if ("refused" in read) return nothing(read.refused);
    const { events, refused } = convert(read.value, batch.positions[at]);
    const admissions = events.map((draft, index) =>
      door(completed(draft, idOf(batch, at, index), trace), round.nowMs),
    );
    return {
      events: admissions.flatMap((one) =>
        "event" in one
          ? [inTrace({ ready: readied(one.event, one.line, partitions), event: one.event }, trace)]
          : [],
      ),
      refused: [
        ...admissions.flatMap((one) => ("refused" in one ? [one.refused] : [])),
        refused ?? [],
      ].flat(),
      ignored: admissions.flatMap((one) => one.ignored ?? []),
    };
  };
}

/** Where a record has no id its place is one: the same when it is read again. */
function idOf({ topic, partition, positions }: RawBatch, at: number, index: number): string {
  return `${topic.slice(-TOPIC_LENGTH)}/${partition}/${positions[at]}#${index}`;
}

/** The draft with an id and a trace, where it has none. */
function completed(draft: EventDraft, id: string, traceparent: string | undefined): EventDraft {
  const [, traceId, span] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  const trace = draft.trace ?? (traceId === undefined ? undefined : { id: traceId, span });
  return { ...draft, id: draft.id ?? id, ...(trace && { trace }) };
}

/** Our own work on the event goes on with the trace that it came in. */
function inTrace(taken: Quick, trace: string | undefined): Quick {
  if (!TRACEPARENT.test(trace ?? "")) return taken;
  const { ready } = taken;
  return { ...taken, ready: { ...ready, record: { ...ready.record, trace } } };
}

const nothing = (refusal: RecordRefusal): RawReading => ({ events: [], refused: [refusal], ignored: [] });

const noTenant = (header: string | undefined): RecordRefusal => ({
  code: "invalid-event",
  message: `header ${header}: expected a tenant, 1 to 64 letters, digits, dots, dashes or underscores`,
});

const tooLong = (maxLineBytes: number): RecordRefusal => ({
  code: "line-too-long",
  message: `the record is longer than ${maxLineBytes} bytes`,
});
