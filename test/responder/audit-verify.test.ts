/** What the verifier says of chains: the first entry that is wrong, what was expected there, and what stands there. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Tenant } from "../../schemas/ids.ts";
import { type AuditEntry, NO_ENTRIES, nextEntry } from "../../services/responder/audit.ts";
import { auditVerifier, seenBy, verifyAudit } from "../../services/responder/index.ts";
import { decision, NOW_MS } from "./given.ts";

const keys = generateKeyPairSync("ed25519");
const time = new Date(NOW_MS).toISOString();

/** A chain of decisions, each of the tenant that is named. */
function chain(partition: number, ...tenants: string[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const tenant of tenants) {
    const record = {
      what: "decision.made",
      decision: decision("release", { tenant: tenant as Tenant }),
    } as const;
    entries.push(nextEntry(entries.at(-1) ?? NO_ENTRIES, { partition, time, record }, keys.privateKey));
  }
  return entries;
}
const own = (count: number, partition = 0) =>
  chain(partition, ...Array.from({ length: count }, () => "default"));

describe("chains that are whole", () => {
  it("may be mixed, and each is told with its end", async () => {
    const [one, two] = [own(3, 0), own(2, 5)];
    const mixed = [one[0], two[0], one[1], one[2], two[1]].filter((entry) => entry !== undefined);
    expect(await verifyAudit(mixed, keys.publicKey)).toEqual({
      intact: true,
      chains: [
        { partition: 0, head: { sequence: 3, hash: one[2]?.hash } },
        { partition: 5, head: { sequence: 2, hash: two[1]?.hash } },
      ],
    });
  });

  it("are whole too where another tenant's entries are sealed, which says nothing of them", () => {
    const verifier = auditVerifier(keys.publicKey);
    const seen = chain(0, "default", "acme", "default").map((entry) => seenBy("default", entry));
    expect(seen.map((entry) => verifier.take(entry))).toEqual([undefined, undefined, undefined]);
    expect(verifier.sealed()).toBe(1);
    expect(Object.keys(seen[1] ?? {}).sort()).toEqual([
      "hash",
      "partition",
      "previous",
      "sealed",
      "sequence",
      "signature",
    ]);
    expect(seen[0]).toHaveProperty("record");
  });
});

describe("the first entry that is wrong", () => {
  const change = (entry: AuditEntry | undefined, of: object) => ({ ...entry, ...of }) as AuditEntry;

  it("is named with the hash that was expected and the one that stands there", async () => {
    const [first, second, third] = own(3);
    const changed = change(second, { time: new Date(NOW_MS + 1).toISOString() });
    const entries = [first, changed, third].filter((entry) => entry !== undefined);
    const verdict = await verifyAudit(entries);
    expect(verdict).toMatchObject({
      intact: false,
      partition: 0,
      sequence: 2,
      reason: "hash: the entry was changed",
    });
    expect(verdict).toMatchObject({ found: second?.hash, expected: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(verdict).not.toMatchObject({ expected: second?.hash });
  });

  it("is the one after a changed entry whose hash was made anew", async () => {
    const [first, , third] = own(3);
    const forged = nextEntry(first ?? NO_ENTRIES, {
      partition: 0,
      time: new Date(NOW_MS + 1).toISOString(),
      record: { what: "decision.made", decision: decision("release") },
    });
    const entries = [first, forged, third].filter((entry) => entry !== undefined);
    const broken = { sequence: 3, reason: "previous: not the hash of the entry before" };
    expect(await verifyAudit(entries)).toMatchObject({
      ...broken,
      expected: forged.hash,
      found: third?.previous,
    });
    expect(await verifyAudit(entries, keys.publicKey)).toMatchObject({
      sequence: 2,
      reason: "signature: none",
    });
  });

  it("is the place of one that is missing, or that comes a second time", async () => {
    const entries = own(3);
    expect(await verifyAudit(entries.toSpliced(1, 1))).toMatchObject({
      sequence: 2,
      reason: "sequence: an entry is missing",
      expected: "2",
      found: "3",
    });
    expect(await verifyAudit([...entries.slice(0, 2), ...entries.slice(1)])).toMatchObject({
      sequence: 3,
      reason: "sequence: an entry is there a second time",
    });
  });
});
