/**
 * The audit log: append-only, one chain of hashes per partition. Each entry holds the hash of the one before it, so that
 * changing, removing or inserting an entry breaks every later hash; a signature over the hash says who wrote it.
 * What it cannot show by itself is that its newest entries were cut off: compare with a head kept elsewhere.
 */
import { createHash, type KeyObject, sign, verify } from "node:crypto";
import type { AuditRecord } from "./state.ts";

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

export type Verdict =
  | { readonly intact: true; readonly head: AuditHead }
  | { readonly intact: false; readonly sequence: number; readonly reason: string };

/** Checks one partition's chain from its first entry, and every signature if a public key is given. Needs no running system. */
export async function verifyAudit(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  publicKey?: KeyObject,
): Promise<Verdict> {
  let head = NO_ENTRIES;
  for await (const entry of entries) {
    const reason = faultOf(entry, head, publicKey);
    if (reason !== undefined) return { intact: false, sequence: head.sequence + 1, reason };
    head = { sequence: entry.sequence, hash: entry.hash };
  }
  return { intact: true, head };
}

function faultOf(entry: AuditEntry, head: AuditHead, publicKey?: KeyObject): string | undefined {
  const { hash, signature, ...content } = entry;
  if (entry.sequence !== head.sequence + 1)
    return `sequence: expected ${head.sequence + 1}, got ${entry.sequence}`;
  if (entry.previous !== head.hash) return "previous: not the hash of the entry before";
  if (hashOf(content) !== hash) return "hash: the entry was changed";
  if (publicKey === undefined) return undefined;
  const signed = verify(null, Buffer.from(hash, "hex"), publicKey, Buffer.from(signature ?? "", "base64"));
  return signed ? undefined : "signature: not made with this installation's key";
}

const hashOf = (content: object) => createHash("sha256").update(canonical(content)).digest("hex");

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
