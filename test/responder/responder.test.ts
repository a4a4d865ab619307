/** The loop: what it sends and keeps, what repeats and crashes do, and what the audit log shows. */

import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import type { Action, Incident } from "../../schemas/action.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import type { Store } from "../../services/ports/store.ts";
import { partitionOf, type Stream } from "../../services/ports/stream.ts";
import {
  auditEntries,
  incidentOf,
  incidents,
  incidentsOf,
  startResponder,
  verifyAudit,
} from "../../services/responder/index.ts";
import { AGENT, decision, finding, NOW_MS, settings, TENANT } from "./given.ts";
import { manualClock } from "./manual-clock.ts";

const PARTITIONS = 2;
const clock = manualClock(NOW_MS);
const partition = partitionOf(`${TENANT}/${AGENT}`, PARTITIONS);

async function put(stream: Stream, name: StreamName, value: unknown, at = partition) {
  await stream.append([{ stream: name, partition: at, value: Buffer.from(JSON.stringify(value)) }]);
}
const derived = (value: ReturnType<typeof finding>, position: number) => ({
  origin: { stage: "processor", partition, position, index: 0 },
  value,
});

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
}
async function sent(stream: Stream): Promise<Derived<Action>[]> {
  const found: Derived<Action>[] = [];
  for (let at = 0; at < PARTITIONS; at++) {
    for await (const batch of stream.read("actions", at, 0)) {
      for (let record = 0; record < batch.count; record++) {
        found.push(JSON.parse(batch.bytes.subarray(batch.starts[record], batch.ends[record]).toString()));
      }
    }
  }
  return found;
}

/** Resolves when the responder has committed everything that stands in its streams. */
async function settled(stream: Stream, store: Store) {
  for (let at = 0; at < PARTITIONS; at++) {
    while (!(await isSettled(stream, store, at))) await new Promise((resolve) => setImmediate(resolve));
  }
}
async function isSettled(stream: Stream, store: Store, at: number): Promise<boolean> {
  const head = (await store.load("responder", at, ["head"])).get("head")?.get("json");
  const positions = head ? JSON.parse(Buffer.from(head).toString()).positions : {};
  for (const input of ["findings", "decisions", "outcomes"] as const) {
    if ((positions[input] ?? 0) !== (await stream.end(input, at))) return false;
  }
  return true;
}

async function run(stream: Stream, store: Store, work: () => Promise<void>, set = settings()) {
  const service = startResponder({ causes: CAUSES, stream, store, clock, settings: set });
  await work();
  await service.stop();
  await service.done;
}

describe("the responder", () => {
  it("turns a finding into an incident and an action, keyed like the finding", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    await run(stream, store, async () => {
      await put(stream, "findings", derived(finding(1), 1));
      await settled(stream, store);
    });
    const [action] = await sent(stream);
    expect(action?.origin).toEqual({ stage: "responder:findings", partition, position: 0, index: 0 });
    const [incident] = (await all(incidents(store, PARTITIONS))) as [Incident];
    expect(incident.actions.map(({ id }) => id)).toEqual([action?.value.id]);
    const scan = () => Promise.reject(new Error("reads everything"));
    const direct: Store = { ...store, scan: () => ({ [Symbol.asyncIterator]: () => ({ next: scan }) }) };
    expect(await incidentOf(direct, PARTITIONS, incident.id)).toEqual(incident);
    expect(await incidentsOf(store, PARTITIONS, TENANT, AGENT)).toEqual([incident]);
    expect(await incidentOf(store, PARTITIONS, "i-0" as Incident["id"])).toBeUndefined();
  });

  it("skips a finding that the processor sends again", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    await run(stream, store, async () => {
      for (const position of [7, 8, 7, 8])
        await put(stream, "findings", derived(finding(position), position));
      await settled(stream, store);
    });
    expect((await all(incidents(store, PARTITIONS)))[0]?.findingCount).toBe(2);
  });

  it("sends the action once, at the next start, when it was killed between commit and sending", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const broken: Stream = {
      ...stream,
      append: () => Promise.reject(new Error("killed")),
    };
    const service = startResponder({ causes: CAUSES, stream: broken, store, clock, settings: settings() });
    await put(stream, "findings", derived(finding(1), 1));
    await expect(service.done).rejects.toThrow("killed");
    expect(await sent(stream)).toEqual([]);
    await run(stream, store, () => settled(stream, store));
    await run(stream, store, () => settled(stream, store));
    const actions = await sent(stream);
    expect(actions).toHaveLength(1);
  });

  it("writes nothing when the commit fails, and does the work again afterwards", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const broken: Store = { ...store, commit: () => Promise.reject(new Error("store is down")) };
    const service = startResponder({
      causes: CAUSES,
      stream,
      store: broken,
      clock,
      settings: settings({ mode: "observe" }),
    });
    await put(stream, "findings", derived(finding(1), 1));
    await expect(service.done).rejects.toThrow("store is down");
    await run(stream, store, () => settled(stream, store));
    expect((await all(incidents(store, PARTITIONS)))[0]?.findingCount).toBe(1);
  });

  it("acts by itself on no more agents than the tenant's cap, whatever their partition", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const agents = ["one", "two", "three", "four"];
    await run(
      stream,
      store,
      async () => {
        for (const [number, agent] of agents.entries()) {
          const at = partitionOf(`${TENANT}/${agent}`, PARTITIONS);
          await put(stream, "findings", { ...derived(finding(number, { agent }), number) }, at);
        }
        await settled(stream, store);
      },
      settings({}, { maxActionsPer10Min: 2 }),
    );
    expect(await sent(stream)).toHaveLength(2);
    const held = (await all(incidents(store, PARTITIONS))).flatMap((one) => one.proposed);
    expect(held.map((one) => one.heldBy)).toEqual(["cap", "cap"]);
  });

  it("carries out what a person decides", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    await run(stream, store, async () => {
      await put(stream, "decisions", decision("quarantine"));
      await settled(stream, store);
    });
    expect((await sent(stream)).map((one) => [one.origin.stage, one.value.step])).toEqual([
      ["responder:decisions", "manual"],
    ]);
  });
});

describe("the audit log", () => {
  async function audited(keys?: ReturnType<typeof generateKeyPairSync>) {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const service = startResponder({
      causes: CAUSES,
      stream,
      store,
      clock,
      settings: settings(),
      auditKey: keys?.privateKey,
    });
    for (const position of [1, 2]) await put(stream, "findings", derived(finding(position), position));
    await put(stream, "decisions", decision("release"));
    await settled(stream, store);
    await service.stop();
    return all(auditEntries(store, partition));
  }

  it("holds incidents, actions and decisions in one unbroken chain", async () => {
    const entries = await audited();
    const kinds = new Set(entries.map((entry) => entry.record.what));
    expect(kinds).toEqual(new Set(["incident.opened", "action.asked", "decision.made"]));
    expect(await verifyAudit(entries)).toMatchObject({
      intact: true,
      chains: [{ partition, head: { sequence: entries.length } }],
    });
  });

  it("stays one chain, each entry once, when a crash left entries that never counted", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const broken: Store = {
      ...store,
      commit: (lease, chunks, position) =>
        lease.space === "responder"
          ? Promise.reject(new Error("killed"))
          : store.commit(lease, chunks, position),
    };
    const service = startResponder({ causes: CAUSES, stream, store: broken, clock, settings: settings() });
    await put(stream, "findings", derived(finding(1), 1));
    await expect(service.done).rejects.toThrow("killed");
    expect(await all(auditEntries(store, partition))).toEqual([]);
    await run(stream, store, () => settled(stream, store), settings({ mode: "observe" }));
    const entries = await all(auditEntries(store, partition));
    expect(entries.map(({ record }) => record.what)).toEqual(["incident.opened", "action.held"]);
    expect(await verifyAudit(entries)).toMatchObject({
      intact: true,
      chains: [{ partition, head: { sequence: 2 } }],
    });
  });

  it("shows every single byte that was changed", async () => {
    const lines = (await audited()).map((entry) => JSON.stringify(entry));
    const text = lines.join("\n");
    for (let at = 0; at < text.length; at++) {
      const flipped = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      expect(await intact(flipped), `byte ${at}: ${text.slice(at - 20, at + 20)}`).toBe(false);
    }
    expect(await intact(text)).toBe(true);
  });
  async function intact(text: string): Promise<boolean> {
    try {
      return (await verifyAudit(text.split("\n").map((line) => JSON.parse(line)))).intact;
    } catch {
      return false;
    }
  }

  it("shows an entry that is missing or was put in", async () => {
    const entries = await audited();
    expect(await verifyAudit(entries.slice(1))).toMatchObject({ intact: false, sequence: 1 });
    expect(await verifyAudit(entries.toSpliced(1, 1))).toMatchObject({ intact: false, sequence: 2 });
  });

  it("is signed with the installation's key, and with no other", async () => {
    const [keys, others] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
    const entries = await audited(keys);
    expect(await verifyAudit(entries, keys.publicKey)).toMatchObject({ intact: true });
    expect(await verifyAudit(entries, others.publicKey)).toMatchObject({ intact: false, sequence: 1 });
    expect(await verifyAudit(await audited(), keys.publicKey)).toMatchObject({ intact: false });
  });
});
