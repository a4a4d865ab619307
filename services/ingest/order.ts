/**
 * Puts the events of one source in the order of their times, as long as none is later than the source's lateness.
 *
 * Order: time, then causes before effects (the order of kinds in schemas/event.ts), then id; the order of arrival
 * never counts, so that a file shuffled within its lateness gives the same log. Events that come in order wait in a
 * ring, the others in a heap: what is sorted already costs one comparison.
 */
import { type EventColumns, EventView, eventColumns, STRIDE, TEXT, TIMES } from "../../schemas/event-view.ts";

/** Most events that wait; beyond it the earliest goes, and `forced` counts it. */
const MAX_WAITING = 131_072;

/** Holds events until they are in order; memory is bounded by the number that may wait. */
export class OrderBuffer {
  columns: EventColumns = eventColumns(1024);
  /** Events released before their time because too many were waiting. */
  forced = 0;
  readonly #latenessMs: number;
  readonly #view = new EventView(this.columns);
  readonly #other = new EventView(this.columns);
  readonly #free: number[] = [];
  #made = 0;
  /** Largest time put in. */
  #newest = Number.NEGATIVE_INFINITY;
  #ended = false;
  /** Slots in order, in places `#head` to `#tail` of a ring, whose length is a power of two. */
  #ring = new Int32Array(1024);
  #head = 0;
  #tail = 0;
  readonly #heap: number[] = [];
  /** The next event to go; -1 if there is none, undefined while it is not known. */
  #next: number | undefined = -1;

  constructor(latenessMs: number) {
    this.#latenessMs = latenessMs;
  }

  /** A slot to write the next event into; `put` or `free` must follow. */
  slot(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made === this.columns.capacity) this.#grow();
    return this.#made++;
  }

  free(slot: number): void {
    this.columns.bytes[slot] = undefined;
    this.#free.push(slot);
  }

  put(slot: number): void {
    const time = this.#time(slot);
    if (time > this.#newest) this.#newest = time;
    this.#next = undefined;
    if (this.#head === this.#tail || this.#before(this.#at(this.#tail - 1), slot)) this.#append(slot);
    else this.#push(slot);
  }

  /** No more events will come: all that wait may go. */
  end(): void {
    this.#ended = true;
  }

  /** Whether an event may go. */
  isReady(): boolean {
    const next = this.#first();
    if (next < 0) return false;
    return this.#ended || this.#time(next) < this.#newest - this.#latenessMs || this.#full();
  }

  /** Time of the next event that may go; Infinity if none may yet. */
  nextTime(): number {
    return this.isReady() ? this.#time(this.#first()) : Number.POSITIVE_INFINITY;
  }

  /** Releases the next event, whether it may go yet or not; -1 if there is none. */
  take(): number {
    const next = this.#first();
    if (next < 0) return -1;
    if (!this.#ended && this.#time(next) >= this.#newest - this.#latenessMs) this.forced++;
    this.#next = undefined;
    if (next === this.#heap[0]) this.#pop();
    else this.#head++;
    return next;
  }

  #full(): boolean {
    return this.#tail - this.#head + this.#heap.length >= MAX_WAITING;
  }

  #first(): number {
    this.#next ??= this.#find();
    return this.#next;
  }

  #find(): number {
    const inRing = this.#head === this.#tail ? -1 : this.#at(this.#head);
    const inHeap = this.#heap[0] ?? -1;
    if (inRing < 0 || inHeap < 0) return Math.max(inRing, inHeap);
    return this.#before(inRing, inHeap) ? inRing : inHeap;
  }

  #at(place: number): number {
    return this.#ring[place & (this.#ring.length - 1)]!;
  }

  #append(slot: number): void {
    if (this.#tail - this.#head === this.#ring.length) {
      const waiting = Int32Array.from({ length: this.#ring.length }, (_, at) => this.#at(this.#head + at));
      this.#ring = new Int32Array(waiting.length * 2);
      this.#ring.set(waiting);
      this.#head = 0;
      this.#tail = waiting.length;
    }
    this.#ring[this.#tail++ & (this.#ring.length - 1)] = slot;
  }

  #time(slot: number): number {
    return this.columns.times[slot * TIMES]!;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#time(a) - this.#time(b);
    if (difference !== 0) return difference < 0;
    const [one, other] = [this.#view.move(a), this.#other.move(b)];
    if (one.kindIndex !== other.kindIndex) return one.kindIndex < other.kindIndex;
    return one.text(TEXT.id) <= other.text(TEXT.id);
  }

  #push(slot: number): void {
    const heap = this.#heap;
    let at = heap.push(slot) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#before(heap[parent]!, slot)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = slot;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (this.#before(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }

  #grow(): void {
    const old = this.columns;
    const grown = eventColumns(old.capacity * 2);
    grown.numbers.set(old.numbers.subarray(0, old.capacity * STRIDE));
    grown.times.set(old.times);
    grown.lines.set(old.lines);
    grown.plain.set(old.plain);
    for (let slot = 0; slot < old.capacity; slot++) grown.bytes[slot] = old.bytes[slot];
    this.columns = grown;
    this.#view.columns = grown;
    this.#other.columns = grown;
  }
}
