/** The denials that hold now, in memory, by target. */
import { type Denial, type Target, targetKey } from "../../schemas/action.ts";

/** Most denials that are held; beyond it the one that was taken in first is dropped, and counted. */
export const MAX_DENIALS = 1_000_000;

export interface DenyList {
  readonly size: number;
  /** Takes a line of the deny list; answers how many denials had to be dropped for it. */
  take(denial: Denial, nowMs: number): number;
  /** The denial of a target that holds at `nowMs`. */
  find(tenant: string, target: Target, nowMs: number): Denial | undefined;
  /** Drops what is over; answers how many. */
  sweep(nowMs: number): number;
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

  function find(tenant: string, target: Target, nowMs: number): Denial | undefined {
    const denial = denials.get(targetKey(tenant, target));
    return denial !== undefined && nowMs < denial.expiresAtMs ? denial : undefined;
  }

  function sweep(nowMs: number): number {
    const before = denials.size;
    for (const [key, { expiresAtMs }] of denials) if (expiresAtMs <= nowMs) denials.delete(key);
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
