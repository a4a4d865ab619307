/** A store that fails over loses the newest of what it had acknowledged: an entry of the audit log, before the head that counts it. */

import { describe, expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import type { Store } from "../../services/ports/store.ts";
import { auditEntries, startResponder, verifyAudit } from "../../services/responder/index.ts";
import { finding, NOW_MS, settings } from "./given.ts";
import { manualClock } from "./manual-clock.ts";

const AUDIT = "responder-audit";

/** Counts who takes the audit log over, and forgets the commits to it that are listed, from 1, though it acknowledges them. */
function forgetful(forgotten: readonly number[]) {
  const store = memoryStore();
  const seen = { commits: 0, takeovers: 0 };
  const watched: Store = {
    ...store,
    acquire(space, partition) {
      if (space === AUDIT) seen.takeovers++;
      return store.acquire(space, partition);
    },
    async commit(lease, chunks, position) {
      if (lease.space === AUDIT && forgotten.includes(++seen.commits)) return;
      await store.commit(lease, chunks, position);
    },
  };
  return { store: watched, seen };
}

/** Two findings, each in a batch of its own, whose entries the store keeps or forgets. */
async function auditWith(forgotten: readonly number[]) {
  const [stream, { store, seen }] = [memoryStream(1), forgetful(forgotten)];
  for (const position of [1, 2]) {
    const origin = { stage: "processor", partition: 0, position, index: 0 };
    const value = Buffer.from(JSON.stringify({ origin, value: finding(position) }));
    await stream.append([{ stream: "findings", partition: 0, value }]);
    const service = startResponder({
      causes: CAUSES,
      stream,
      store,
      clock: manualClock(NOW_MS),
      settings: settings(),
    });
    while ((await positionIn(store)) < position) await new Promise((resolve) => setImmediate(resolve));
    await service.stop();
    await service.done;
  }
  const entries = [];
  for await (const entry of auditEntries(store, 0)) entries.push(entry);
  return { sequences: entries.map(({ sequence }) => sequence), verdict: await verifyAudit(entries), seen };
}

async function positionIn(store: Store): Promise<number> {
  const head = (await store.load("responder", 0, ["head"])).get("head")?.get("json");
  return head ? JSON.parse(Buffer.from(head).toString()).positions.findings : 0;
}

describe("the audit log in a store that fails over", () => {
  it("has the entries that were acknowledged and lost", async () => {
    const { sequences, verdict, seen } = await auditWith([1]);
    expect(sequences.length).toBeGreaterThan(1);
    expect(sequences).toEqual(sequences.map((_, at) => at + 1));
    expect(verdict).toMatchObject({ intact: true });
    // At each of the two starts, and to write again what was gone.
    expect(seen.takeovers).toBe(3);
  });

  it("is not taken over again while nothing is lost", async () => {
    const { sequences, seen } = await auditWith([]);
    expect(sequences).toEqual(sequences.map((_, at) => at + 1));
    expect(seen.takeovers).toBe(2);
  });
});
