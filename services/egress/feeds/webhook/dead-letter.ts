/** A finding that a webhook did not take, for the dead letters. */
import type { DeadLetter } from "../../../../schemas/dead-letter.ts";
import { type NewRecord, partitionOf } from "../../../ports/stream.ts";
import { toBytes } from "../../../records.ts";
import type { Delivery } from "./queue.ts";

const SOURCE = "egress";
const EXCERPT_LENGTH = 4096;

/** The record to append. A finding holds no secrets, so its excerpt needs no cleaning. */
export function deadLetterOf(
  { finding, attempts }: Delivery,
  reason: string,
  webhook: string,
  nowMs: number,
  partitions: number,
): NewRecord {
  const text = JSON.stringify(finding);
  const letter: DeadLetter = {
    code: "delivery-failed",
    message: `webhook ${webhook}: finding ${finding.id} was set aside after ${attempts} attempts: ${reason}`,
    source: SOURCE,
    tenant: finding.tenant,
    place: `webhook:${webhook}`,
    time: new Date(nowMs).toISOString(),
    excerpt: text.slice(0, EXCERPT_LENGTH),
    bytes: Buffer.byteLength(text),
  };
  return { stream: "dead-letters", partition: partitionOf(SOURCE, partitions), value: toBytes(letter) };
}
