/**
 * Checks audit logs, entry by entry, without a running system. It shows every change, removal and insertion. What it cannot show by
 * itself is that the newest entries of a chain were cut off: compare with a head that was kept elsewhere.
 */
import { type KeyObject, verify } from "node:crypto";
import { type AuditEntry, type AuditHead, hashOf, NO_ENTRIES, type SealedEntry } from "./audit.ts";

/** What is wrong with an entry. */
export interface Fault {
  readonly partition: number;
  /** The one that was expected. */
  readonly sequence: number;
  readonly reason: string;
  /** What should stand there, and what does; hashes, or sequences where an entry is missing or too many. */
  readonly expected?: string;
  readonly found?: string;
}

/** One partition's chain so far. */
export interface Chain {
  readonly partition: number;
  readonly head: AuditHead;
}

/** Verifies entries as they come. */
export interface AuditVerifier {
  /** Takes the next entry of its chain; answers what is wrong with it, if anything is. Chains may be mixed. */
  take(entry: AuditEntry | SealedEntry): Fault | undefined;
  /** The chains in the order of partitions. */
  chains(): readonly Chain[];
  /** Entries of other tenants, of which only their place in the chain and their signature was checked. */
  sealed(): number;
}

/** Begins with nothing; with a public key every signature is checked. */
export function auditVerifier(publicKey?: KeyObject): AuditVerifier {
  const heads = new Map<number, AuditHead>();
  let sealed = 0;
  return {
    take(entry) {
      const { partition, sequence, hash } = entry;
      const head = heads.get(partition) ?? NO_ENTRIES;
      const fault = faultOf(entry, head, publicKey);
      if (fault !== undefined) return { partition, sequence: head.sequence + 1, ...fault };
      heads.set(partition, { sequence, hash });
      if ("sealed" in entry) sealed++;
      return undefined;
    },
    chains: () =>
      [...heads]
        .map(([partition, head]) => ({ partition, head }))
        .sort((one, other) => one.partition - other.partition),
    sealed: () => sealed,
  };
}

/** Whether the log is whole, and where it is not. */
export type AuditVerdict =
  | { readonly intact: true; readonly chains: readonly Chain[] }
  | ({ readonly intact: false } & Fault);

/** Checks entries from the first of each chain, up to the first that is wrong. */
export async function verifyAudit(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  publicKey?: KeyObject,
): Promise<AuditVerdict> {
  const verifier = auditVerifier(publicKey);
  for await (const entry of entries) {
    const fault = verifier.take(entry);
    if (fault !== undefined) return { intact: false, ...fault };
  }
  return { intact: true, chains: verifier.chains() };
}

type What = Omit<Fault, "partition" | "sequence">;

function faultOf(entry: AuditEntry | SealedEntry, head: AuditHead, publicKey?: KeyObject): What | undefined {
  return placeFault(entry, head) ?? contentFault(entry) ?? signatureFault(entry, publicKey);
}

function placeFault({ sequence, previous }: AuditEntry | SealedEntry, head: AuditHead): What | undefined {
  const due = head.sequence + 1;
  if (sequence !== due) {
    const reason = sequence > due ? "an entry is missing" : "an entry is there a second time";
    return { reason: `sequence: ${reason}`, expected: String(due), found: String(sequence) };
  }
  if (previous === head.hash) return undefined;
  return { reason: "previous: not the hash of the entry before", expected: head.hash, found: previous };
}

function contentFault(entry: AuditEntry | SealedEntry): What | undefined {
  if ("sealed" in entry) return undefined;
  const { hash: found, signature: _, ...content } = entry;
  const expected = hashOf(content);
  return expected === found ? undefined : { reason: "hash: the entry was changed", expected, found };
}

function signatureFault(
  { hash, signature = "" }: AuditEntry | SealedEntry,
  publicKey?: KeyObject,
): What | undefined {
  if (publicKey === undefined) return undefined;
  if (verify(null, Buffer.from(hash, "hex"), publicKey, Buffer.from(signature, "base64"))) return undefined;
  return { reason: signature === "" ? "signature: none" : "signature: not made with this key" };
}
