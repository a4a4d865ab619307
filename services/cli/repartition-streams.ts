/**
 * Streams written anew with more partitions: every record where its key belongs now, in an order that keeps that of each key.
 * Events of all partitions are merged by their times, so that a replay of the new log sees ticks between the events as the old
 * one did. May be broken off at any moment and begun again: what was appended since the last note is looked for and left out.
 */
import { targetKey } from "../../schemas/action.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { STREAM_NAMES, type StreamName } from "../../schemas/streams.ts";
import { type NewRecord, partitionOf, type RecordBatch, type Stream } from "../ports/stream.ts";

/** How far a stream has been copied. */
export interface Copied {
  /** Position to read on from, by old partition. */
  readonly next: readonly number[];
  /** End of each new partition at that moment. */
  readonly ends: readonly number[];
}

/** Keeps what was noted. */
export interface Notes {
  read(name: StreamName): Promise<Copied | undefined>;
  write(name: StreamName, copied: Copied): Promise<void>;
}

interface StreamMove {
  readonly from: Stream;
  readonly to: Stream;
  readonly notes: Notes;
  /** Marks origins of the old partitions, whose numbers the new ones have too. */
  readonly mark: string;
}

/** Bytes that are read, appended and noted together. */
const PIECE_BYTES = 1_048_576;

/** Copies all streams; answers how many records each has now. */
export async function moveStreams(move: StreamMove): Promise<ReadonlyMap<StreamName, number>> {
  const counts = new Map<StreamName, number>();
  for (const name of STREAM_NAMES) counts.set(name, await moveStream(name, move));
  return counts;
}

async function moveStream(name: StreamName, { from, to, notes, mark }: StreamMove): Promise<number> {
  const zeros = (count: number) => new Array<number>(count).fill(0);
  const noted = (await notes.read(name)) ?? { next: zeros(from.partitions), ends: zeros(to.partitions) };
  const there = await appendedSince(to, name, noted.ends);
  for await (const { lines, next } of piecesOf(from, name, noted.next)) {
    const records = lines.flatMap((line) => placed(name, line, to.partitions, mark));
    const missing = records.filter((record) => !there.delete(nameOf(record)));
    await to.append(missing);
    await notes.write(name, { next, ends: await endsOf(to, name) });
  }
  if (there.size > 0)
    throw new OffgraphError("internal", `${name}: somebody else has written to the new topic`);
  return (await endsOf(to, name)).reduce((sum, end) => sum + end, 0);
}

const endsOf = (stream: Stream, name: StreamName) =>
  Promise.all(Array.from({ length: stream.partitions }, (_, partition) => stream.end(name, partition)));

/** A record may be there several times, so each has a number beside its text. */
const nameOf = ({ partition, value }: NewRecord) => `${partition} ${Buffer.from(value).toString("base64")}`;

async function appendedSince(to: Stream, name: StreamName, ends: readonly number[]): Promise<Counted> {
  const there = new Counted();
  for (const [partition, end] of ends.entries())
    for await (const batch of to.read(name, partition, end))
      for (const value of valuesIn(batch)) there.add(nameOf({ stream: name, partition, value }));
  return there;
}

/** How often each text is there. */
class Counted {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  /** Takes one away; false if there is none. */
  delete(text: string): boolean {
    const count = this.#counts.get(text) ?? 0;
    if (count > 1) this.#counts.set(text, count - 1);
    else this.#counts.delete(text);
    return count > 0;
  }
}

function* valuesIn({ bytes, starts, ends, count }: RecordBatch): Generator<Buffer> {
  for (let at = 0; at < count; at++) yield bytes.subarray(starts[at], ends[at]);
}

/** A record of the old stream. */
interface Line {
  readonly partition: number;
  readonly position: number;
  readonly value: Buffer;
  /** What it says; undefined if it is no JSON. */
  readonly json: Json | undefined;
}

interface Json {
  readonly kind?: string;
  readonly time?: string;
  readonly tenant?: string;
  readonly agent?: { readonly id?: string } | string;
  readonly origin?: { readonly stage?: string };
  readonly value?: { tenant?: string; agent?: string; target?: Parameters<typeof targetKey>[1] };
}

/** Lines of all old partitions, for events the earliest first, in pieces; `next` is where to read on after the piece. */
async function* piecesOf(from: Stream, name: StreamName, start: readonly number[]) {
  const sources = start.map((position, partition) => new Source(from, name, partition, position));
  let lines: Line[] = [];
  let bytes = 0;
  for (;;) {
    for (const source of sources) await source.fill();
    const earliest = sources.filter(({ line }) => line !== undefined).sort(isEarlier)[0];
    const line = earliest?.take();
    if (line !== undefined) lines.push(line);
    bytes += line?.value.length ?? 0;
    if (line !== undefined && bytes < PIECE_BYTES) continue;
    if (lines.length > 0) yield { lines, next: sources.map(({ next }) => next) };
    if (line === undefined) return;
    lines = [];
    bytes = 0;
  }
}

const timeOf = ({ line }: Source) => (line?.json?.origin === undefined ? (line?.json?.time ?? "") : "");
const isEarlier = (a: Source, b: Source) => {
  const [one, other] = [timeOf(a), timeOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
};

/** One old partition on its way: the line that comes next, and where that is. */
class Source {
  readonly #batches: AsyncIterator<RecordBatch>;
  readonly #partition: number;
  #batch: RecordBatch | undefined;
  #at = 0;
  line: Line | undefined;
  next: number;

  constructor(from: Stream, name: StreamName, partition: number, position: number) {
    this.#batches = from.read(name, partition, position)[Symbol.asyncIterator]();
    this.#partition = partition;
    this.next = position;
  }

  /** Sees to it that there is a line, unless this was all. */
  async fill(): Promise<void> {
    if (this.line !== undefined) return;
    if (this.#batch === undefined || this.#at === this.#batch.count) {
      this.#batch = (await this.#batches.next()).value ?? undefined;
      this.#at = 0;
    }
    if (this.#batch !== undefined) this.line = this.#lineIn(this.#batch, this.#at++);
  }

  take(): Line | undefined {
    const { line } = this;
    this.line = undefined;
    if (line !== undefined) this.next = line.position + 1;
    return line;
  }

  #lineIn({ bytes, starts, ends, positions }: RecordBatch, at: number): Line {
    const value = Buffer.from(bytes.subarray(starts[at], ends[at]));
    return { partition: this.#partition, position: positions[at] ?? 0, value, json: parsed(value) };
  }
}

function parsed(value: Buffer): Json | undefined {
  try {
    return Object(JSON.parse(value.toString()));
  } catch {
    return undefined;
  }
}

/** Where a line belongs now. What is nobody's stays where it is; a tick, which every partition has, goes to every partition. */
function placed(stream: StreamName, line: Line, partitions: number, mark: string): NewRecord[] {
  const { json, partition, value } = line;
  if (stream === "events" && json?.kind === "tick") {
    if (partition > 0) return [];
    return Array.from({ length: partitions }, (_, at) => ({ stream, partition: at, value }));
  }
  const key = keyOf(stream, json);
  const to = key === undefined ? partition : partitionOf(key, partitions);
  const text = json?.origin === undefined ? value : marked(json, mark);
  return [
    {
      stream,
      partition: to,
      value: text,
      ...(stream === "denials" && { key: key ?? `odd/${line.position}` }),
    },
  ];
}

/** As those who append them do it. */
function keyOf(stream: StreamName, json: Json | undefined): string | undefined {
  if (json === undefined || stream === "dead-letters") return undefined;
  if (stream === "events")
    return json.tenant && `${json.tenant}/${typeof json.agent === "object" ? (json.agent.id ?? "") : ""}`;
  const { tenant, agent, target } = json.value ?? (json as NonNullable<Json["value"]>);
  if (tenant === undefined) return undefined;
  if (stream === "denials") return target && targetKey(tenant, target);
  return `${tenant}/${agent}`;
}

/** A new partition of the same number begins with small positions, which must not look like repeats of these. */
const marked = (json: Json, mark: string) =>
  Buffer.from(JSON.stringify({ ...json, origin: { ...json.origin, stage: `${json.origin?.stage}${mark}` } }));
