/**
 * A map from keyed 64-bit hashes, given as two numbers, to values. Open addressing, linear probing, no tombstones
 * (deleting a key in a native Map leaves one behind, and walking them costs more than judging). The order of entries
 * must never decide anything.
 */
export class PairMap<Value> {
  #lows = new Int32Array(16);
  #highs = new Int32Array(16);
  #values: (Value | undefined)[] = new Array(16).fill(undefined);
  #mask = 15;
  size = 0;

  get(low: number, high: number): Value | undefined {
    const lows = this.#lows;
    const mask = this.#mask;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const value = this.#values[at];
      if (value === undefined) return undefined;
      if (lows[at] === low && this.#highs[at] === high) return value;
    }
  }

  set(low: number, high: number, value: Value): void {
    if (this.size * 2 >= this.#mask) this.#grow();
    const at = this.#find(low, high);
    if (this.#values[at] === undefined) this.size++;
    this.#lows[at] = low;
    this.#highs[at] = high;
    this.#values[at] = value;
  }

  delete(low: number, high: number): void {
    let hole = this.#find(low, high);
    if (this.#values[hole] === undefined) return;
    this.size--;
    // Moves later entries of the run into the hole, so that every entry stays reachable from its home.
    for (let at = (hole + 1) & this.#mask; this.#values[at] !== undefined; at = (at + 1) & this.#mask) {
      const home = this.#lows[at]! & this.#mask;
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#move(at, hole);
      hole = at;
    }
    this.#values[hole] = undefined;
  }

  clear(): void {
    this.#values.fill(undefined);
    this.size = 0;
  }

  *values(): Generator<Value> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  #find(low: number, high: number): number {
    let at = low & this.#mask;
    while (this.#values[at] !== undefined && (this.#lows[at] !== low || this.#highs[at] !== high)) at = (at + 1) & this.#mask;
    return at;
  }

  #move(from: number, to: number): void {
    this.#lows[to] = this.#lows[from]!;
    this.#highs[to] = this.#highs[from]!;
    this.#values[to] = this.#values[from];
  }

  #grow(): void {
    const [lows, highs, values] = [this.#lows, this.#highs, this.#values];
    const capacity = lows.length * 2;
    this.#lows = new Int32Array(capacity);
    this.#highs = new Int32Array(capacity);
    this.#values = new Array(capacity).fill(undefined);
    this.#mask = capacity - 1;
    for (let from = 0; from < values.length; from++) {
      if (values[from] === undefined) continue;
      const at = this.#find(lows[from]!, highs[from]!);
      this.#lows[at] = lows[from]!;
      this.#highs[at] = highs[from]!;
      this.#values[at] = values[from];
    }
  }
}
