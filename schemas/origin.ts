/**
 * Where a derived record came from: the upstream record and the index among what it produced.
 * A receiver keeps the highest origin per stage and upstream partition and skips the rest, so that a record that is
 * sent again after a crash is absorbed once: one number per partition, no set of ids.
 */
import { z } from "zod";

export const Origin = z.object({
  /** The verb that made the record, with the stream it read if it reads several: `processor`, `responder:findings`, `egress`. */
  stage: z.string(),
  partition: z.int().min(0),
  /** Position of the upstream record in its partition. */
  position: z.int().min(0),
  /** Index among the records made from that one upstream record. */
  index: z.int().min(0),
});
export type Origin = z.infer<typeof Origin>;

/** A derived record on a stream: its origin and what it carries. */
export const Derived = <Schema extends z.ZodType>(value: Schema) => z.object({ origin: Origin, value });
export interface Derived<Value> {
  readonly origin: Origin;
  readonly value: Value;
}

/** The highest origin seen of each stage and upstream partition. */
export type Highest = Map<string, readonly [position: number, index: number]>;

/** Takes note of an origin; false if this or a later one of its stage and partition was seen before. */
export function isNew(highest: Highest, { stage, partition, position, index }: Origin): boolean {
  const upstream = `${stage}/${partition}`;
  const [lastPosition, lastIndex] = highest.get(upstream) ?? [-1, -1];
  if (position < lastPosition || (position === lastPosition && index <= lastIndex)) return false;
  highest.set(upstream, [position, index]);
  return true;
}
