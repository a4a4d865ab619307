/** The denials that hold now, in memory, by target. */
import { type Denial, type Target, targetKey } from "../../schemas/action.ts";

/** Most denials that are held; beyond it the one that was taken in first is dropped, and counted. */
const MAX_DENIALS = 1_000_000;

export interface DenyList {
  readonly size: number;
  /** Takes a line of the deny list; answers how many denials had to be dropped for it. */
  take(denial: Denial, nowMs: number): number;
  /** The denial of a target that holds at `nowMs`. */
  find(tenant: string, type: Target["type"], id: string, nowMs: number): Denial | undefined;
  /** Looks at the next `count` denials, over and over from the beginning, and drops those that are over; answers how many. */
  sweep(nowMs: number, count: number): number;
}

/** An empty deny list of at most `max` denials. */
export function denyList(max = MAX_DENIALS): DenyList {
  const denials = new Map<string, Denial>();

  function take(denial: Denial, nowMs: number): number {
    const key = targetKey(denial.tenant, denial.target);
    denials.delete(key);
    if (!denial.denied || denial.expiresAtMs <= nowMs) return 0;
    denials.set(key, denial);
    return denials.size > max ? dropFirst() : 0;
  }

  function dropFirst(): number {
    const [first] = denials.keys();
    return first !== undefined && denials.delete(first) ? 1 : 0;
  }

  function find(tenant: string, type: Target["type"], id: string, nowMs: number): Denial | undefined {
    const denial = denials.get(targetKey(tenant, { type, id }));
    return denial !== undefined && nowMs < denial.expiresAtMs ? denial : undefined;
  }

  let walk = denials.entries();
  function sweep(nowMs: number, count: number): number {
    const before = denials.size;
    for (let at = 0; at < count; at++) {
      const { value, done } = walk.next();
      if (done) walk = denials.entries();
      if (value === undefined) break;
      if (value[1].expiresAtMs <= nowMs) denials.delete(value[0]);
    }
    return before - denials.size;
  }

  return {
    get size() {
      return denials.size;
    },
    take,
    find,
    sweep,
  };
}
