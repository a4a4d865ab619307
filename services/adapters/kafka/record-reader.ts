/**
 * Reads record batches, version 2, as they come from a fetch: https://kafka.apache.org/documentation/#recordbatch. Values are
 * handed out where they lie; no object is made of a record.
 */
import type { RecordBatch } from "../../ports/stream.ts";
import { headerAt } from "./headers.ts";
import { BatchSection, batchEnd, lastPosition, openBatch } from "./record-section.ts";

/** Records that are there and cannot be read: unpacked, or told from one another. */
export interface UnreadableRecords {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Position after the last whole batch of a fetch, or undefined when it holds none. */
export function endOfBatches(chunk: Buffer): number | undefined {
  let end: number | undefined;
  for (let at = 0, next = batchEnd(chunk, 0); next !== undefined; next = batchEnd(chunk, next)) {
    end = lastPosition(chunk, at) + 1;
    at = next;
  }
  return end;
}

/** Reads what one fetch has brought, record by record. */
export class FetchReader {
  readonly #chunk: Buffer;
  readonly #end: number;
  readonly #standIn: (unreadable: UnreadableRecords) => Buffer;
  #at = 0;
  #section: BatchSection | undefined;
  #spent: Buffer[] = [];
  #next: number;

  /**
   * Reads positions `from` on and before `end`. `standIn` makes the line that is handed out, at the last position, in the place
   * of a batch that cannot be read, so that it is seen and nothing behind it waits.
   */
  constructor(chunk: Buffer, from: number, end: number, standIn: (unreadable: UnreadableRecords) => Buffer) {
    this.#chunk = chunk;
    this.#next = from;
    this.#end = end;
    this.#standIn = standIn;
  }

  /** Position after what has been read. Gaps count: what was compacted away, and records without a value. */
  get next(): number {
    return this.#next;
  }

  /** The next records, up to `maxBytes` but at least one; undefined when there are no more. */
  read(partition: number, maxBytes: number): RecordBatch | undefined {
    const pieces = new Pieces(maxBytes);
    for (let hasRoom = this.#open(); hasRoom; hasRoom = hasRoom && this.#open())
      hasRoom = this.#takeFrom(this.#section!, pieces);
    return pieces.build(partition);
  }

  /** Gives the memory back of what was unpacked and has been handed out: nobody may look at it any more. */
  release(): void {
    for (const bytes of this.#spent) free(bytes);
    this.#spent = [];
  }

  /** Has a section ready to take from, if there is one left. */
  #open(): boolean {
    if (this.#section !== undefined) return true;
    const end = batchEnd(this.#chunk, this.#at);
    if (end === undefined || this.#next >= this.#end) return false;
    try {
      this.#section = openBatch(this.#chunk, this.#at, end);
    } catch (error) {
      this.#section = this.#sectionInPlaceOf(lastPosition(this.#chunk, this.#at), error);
    }
    this.#at = end;
    return true;
  }

  /** Takes what there is room for, and says whether there is room for more. */
  #takeFrom(section: BatchSection, pieces: Pieces): boolean {
    pieces.begin(section.bytes);
    try {
      for (; section.hasRecord && section.position < this.#end; section.advance()) {
        if (section.position < this.#next || section.start < 0) continue;
        if (!pieces.add(section)) return false;
        this.#next = section.position + 1;
      }
      if (section.bytes !== this.#chunk) this.#spent.push(section.bytes);
      this.#section = undefined;
      this.#next = Math.max(this.#next, Math.min(section.last + 1, this.#end));
    } catch (error) {
      this.#section = this.#sectionInPlaceOf(section.last, error);
    }
    return true;
  }

  #sectionInPlaceOf(last: number, error: unknown): BatchSection {
    const reason = error instanceof Error ? error.message : String(error);
    return BatchSection.ofOne(this.#standIn({ from: this.#next, to: last, reason }), last);
  }
}

/** At once: megabytes that wait for the collector make it run for their sake. What shares its memory with others stays. */
function free({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

/** Arrays of one batch are cut from these, which grow to what a batch has ever needed. */
let scratch = scratchOf(1024);

function scratchOf(size: number) {
  return { starts: new Int32Array(size), ends: new Int32Array(size), positions: new Float64Array(size) };
}

/** Collects values of several sections. A batch that lies in one buffer is a view of it, not a copy. */
class Pieces {
  readonly #maxBytes: number;
  readonly #done: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #from = -1;
  #to = 0;
  #before = 0;
  #count = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What is added next lies in these bytes. */
  begin(bytes: Buffer): void {
    if (bytes !== this.#bytes) this.#endPiece();
    this.#bytes = bytes;
  }

  /** Adds a value unless it is too much. Its headers come along: see headers.ts. */
  add({ start, end, recordEnd, position }: BatchSection): boolean {
    const from = this.#from < 0 ? start : this.#from;
    if (this.#count > 0 && this.#before + recordEnd - from > this.#maxBytes) return false;
    if (this.#count === scratch.starts.length) growScratch();
    scratch.starts[this.#count] = this.#before + start - from;
    scratch.ends[this.#count] = this.#before + end - from;
    scratch.positions[this.#count++] = position;
    this.#from = from;
    this.#to = recordEnd;
    return true;
  }

  build(partition: number): RecordBatch | undefined {
    this.#endPiece();
    if (this.#count === 0) return undefined;
    const bytes = this.#done.length === 1 ? this.#done[0]! : Buffer.concat(this.#done);
    const starts = scratch.starts.slice(0, this.#count);
    const ends = scratch.ends.slice(0, this.#count);
    const positions = scratch.positions.slice(0, this.#count);
    const traceAt = (position: number) =>
      headerAt(bytes, ends[positions.indexOf(position)] ?? bytes.length, "traceparent");
    return { partition, count: this.#count, bytes, starts, ends, positions, traceAt };
  }

  #endPiece(): void {
    if (this.#from < 0) return;
    this.#done.push(this.#bytes.subarray(this.#from, this.#to));
    this.#before += this.#to - this.#from;
    this.#from = -1;
  }
}

function growScratch(): void {
  const larger = scratchOf(scratch.starts.length * 2);
  larger.starts.set(scratch.starts);
  larger.ends.set(scratch.ends);
  larger.positions.set(scratch.positions);
  scratch = larger;
}
