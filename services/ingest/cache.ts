/** A map that forgets what was not used lately. */
export interface Cache<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  clear(): void;
  size(): number;
}

/**
 * Holds at most `limit` entries, in two generations: when the young one is full it becomes the old one, whose entries are
 * forgotten unless they are used before the next change. Cheaper than an exact order of use, and as good here.
 */
export function boundedCache<Value>(limit: number): Cache<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  const set = (key: string, value: Value) => {
    if (young.size >= limit / 2) [old, young] = [young, new Map()];
    young.set(key, value);
  };
  return {
    get(key) {
      const fresh = young.get(key);
      if (fresh !== undefined) return fresh;
      const value = old.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    clear() {
      young = new Map();
      old = new Map();
    },
    size: () => young.size + old.size,
  };
}
