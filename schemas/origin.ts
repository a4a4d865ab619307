/**
 * Where a derived record came from: the upstream record and the index among what it produced.
 * A receiver keeps the highest origin per stage and upstream partition and skips the rest, so that a record that is
 * sent again after a crash is absorbed once: one number per partition, no set of ids.
 */
import { z } from "zod";

export const Origin = z.object({
  /** The verb that made the record: `processor`, `responder`, `egress`, `api`. */
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
