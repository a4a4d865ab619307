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

/** What a derived record carries for those who watch the pipeline. Nothing is decided by it. */
const passage = {
  /** W3C `traceparent` of the span that has made the record; absent without telemetry. */
  trace: z.string().optional(),
  /** Wall clock of the finding that it follows from, ms since 1970; absent when a person has decided it. */
  foundAtMs: z.number().optional(),
};
/** The same as a type; what is not known is left out. */
export type Passage = Readonly<z.infer<z.ZodObject<typeof passage>>>;

/** A derived record on a stream: its origin and what it carries. */
export const Derived = <Schema extends z.ZodType>(value: Schema) =>
  z.object({ origin: Origin, ...passage, value });
export interface Derived<Value> extends Passage {
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
