/**
 * A map from keyed 64-bit hashes, given as two numbers, to values. Open addressing, linear probing, no tombstones
 * (deleting a key in a native Map leaves one behind, and walking them costs more than judging). The order of entries
 * must never decide anything.
 */
export class PairMap<Value> {
  /** Low and high of an entry side by side: a look-up touches one line of the cache. */
  #keys = new Int32Array(32);
  #values: (Value | undefined)[] = new Array(16).fill(undefined);
  #mask = 15;
  size = 0;

  get(low: number, high: number): Value | undefined {
    const keys = this.#keys;
    const mask = this.#mask;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      if (keys[at * 2] === low && keys[at * 2 + 1] === high) {
        const value = this.#values[at];
        if (value !== undefined) return value;
      }
      // A free place has a key of zeros; the value tells it from an entry whose key is that.
      if (keys[at * 2] === 0 && keys[at * 2 + 1] === 0 && this.#values[at] === undefined) return undefined;
    }
  }

  set(low: number, high: number, value: Value): void {
    if (this.size * 2 >= this.#mask) this.#grow();
    const at = this.#find(low, high);
    if (this.#values[at] === undefined) this.size++;
    this.#keys[at * 2] = low;
    this.#keys[at * 2 + 1] = high;
    this.#values[at] = value;
  }

  delete(low: number, high: number): void {
    let hole = this.#find(low, high);
    if (this.#values[hole] === undefined) return;
    this.size--;
    // Moves later entries of the run into the hole, so that every entry stays reachable from its home.
    for (let at = (hole + 1) & this.#mask; this.#values[at] !== undefined; at = (at + 1) & this.#mask) {
      const home = this.#keys[at * 2]! & this.#mask;
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#move(at, hole);
      hole = at;
    }
    this.#values[hole] = undefined;
    this.#keys.fill(0, hole * 2, hole * 2 + 2);
  }

  clear(): void {
    this.#values.fill(undefined);
    this.#keys.fill(0);
    this.size = 0;
  }

  *values(): Generator<Value> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  #find(low: number, high: number): number {
    let at = low & this.#mask;
    while (this.#values[at] !== undefined && (this.#keys[at * 2] !== low || this.#keys[at * 2 + 1] !== high))
      at = (at + 1) & this.#mask;
    return at;
  }

  #move(from: number, to: number): void {
    this.#keys[to * 2] = this.#keys[from * 2]!;
    this.#keys[to * 2 + 1] = this.#keys[from * 2 + 1]!;
    this.#values[to] = this.#values[from];
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    const capacity = values.length * 2;
    this.#keys = new Int32Array(capacity * 2);
    this.#values = new Array(capacity).fill(undefined);
    this.#mask = capacity - 1;
    for (let from = 0; from < values.length; from++) {
      if (values[from] === undefined) continue;
      const at = this.#find(keys[from * 2]!, keys[from * 2 + 1]!);
      this.#keys[at * 2] = keys[from * 2]!;
      this.#keys[at * 2 + 1] = keys[from * 2 + 1]!;
      this.#values[at] = values[from];
    }
  }
}
