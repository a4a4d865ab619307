/**
 * The audit log: append-only, one chain of hashes per partition. Each entry holds the hash of the one before it, so that
 * changing, removing or inserting an entry breaks every later hash; a signature over the hash says who wrote it.
 */
import { createHash, type KeyObject, sign } from "node:crypto";
import type { AuditRecord } from "./state.ts";

/** One entry of a chain. */
export interface AuditEntry {
  readonly partition: number;
  /** From 1, without gaps. */
  readonly sequence: number;
  /** Wall clock, RFC 3339. */
  readonly time: string;
  readonly record: AuditRecord;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256, hexadecimal, of this entry's canonical JSON (RFC 8785) without `hash` and `signature`. */
  readonly hash: string;
  /** Ed25519 over the 32 bytes of `hash`, base64; absent when the installation has no key. */
  readonly signature?: string;
}

/** An entry of another tenant: that it is there, and nothing of what it says. */
export type SealedEntry = Omit<AuditEntry, "time" | "record"> & { readonly sealed: true };

/** The end of a chain. */
export type AuditHead = Pick<AuditEntry, "sequence" | "hash">;

/** The head of an empty chain. */
export const NO_ENTRIES: AuditHead = { sequence: 0, hash: "0".repeat(64) };

/** Makes the entry that follows `head`. */
export function nextEntry(
  head: AuditHead,
  entry: Pick<AuditEntry, "partition" | "time" | "record">,
  key?: KeyObject,
): AuditEntry {
  const content = { ...entry, sequence: head.sequence + 1, previous: head.hash };
  const hash = hashOf(content);
  if (key === undefined) return { ...content, hash };
  return { ...content, hash, signature: sign(null, Buffer.from(hash, "hex"), key).toString("base64") };
}

/** SHA-256, hexadecimal, of the canonical JSON of an entry without `hash` and `signature`. */
export const hashOf = (content: object) => createHash("sha256").update(canonical(content)).digest("hex");

/** An entry as a tenant may see it. */
export function seenBy(tenant: string, entry: AuditEntry): AuditEntry | SealedEntry {
  if (tenantOf(entry.record) === tenant) return entry;
  const { time: _, record: __, ...chain } = entry;
  return { ...chain, sealed: true };
}

function tenantOf(record: AuditRecord): string {
  switch (record.what) {
    case "incident.opened":
    case "finding.attached":
    case "incident.dropped":
    case "action.held":
      return record.tenant;
    case "action.asked":
      return record.action.tenant;
    case "decision.made":
      return record.decision.tenant;
    case "outcome.recorded":
      return record.outcome.tenant;
  }
}

/** RFC 8785 for what JSON.parse can give: names sorted by UTF-16 code units, no white space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const text = fields
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${text.join(",")}}`;
}
