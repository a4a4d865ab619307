/** A record that was set aside, with its reason. Its text is cleaned of what looks like a secret. */
import { z } from "zod";
import { Instant } from "./ids.ts";

export const DeadLetter = z.object({
  /** Error code, listed in schemas/errors.ts. */
  code: z.string(),
  message: z.string(),
  source: z.string(),
  tenant: z.string(),
  /**
   * File name, or `http`, `webhook:<name>` ...; with `line` (from 1) where there are lines. Of a topic `<topic>/<partition>`, with
   * the record's position as `line`.
   */
  place: z.string(),
  line: z.int().optional(),
  time: Instant,
  /** The record's first 4,096 characters, cleaned. */
  excerpt: z.string(),
  /** Length of the whole record, in bytes. */
  bytes: z.int(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;
