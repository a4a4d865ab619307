/** The older part of the audit log in files: the chain goes on, whatever happens in between. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import type { Store } from "../../services/ports/store.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { auditEntries, auditLines, startResponder, verifyAudit } from "../../services/responder/index.ts";
import { loadHead } from "../../services/responder/stored.ts";
import { decision, finding, NOW_MS, settings } from "./given.ts";
import { manualClock } from "./manual-clock.ts";

/** Some five entries. */
const MAX_BYTES = 3000;
let folder: string;
let stream: Stream;
let store: Store;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "offgraph-audit-")), "audit");
  [stream, store] = [memoryStream(1), memoryStore()];
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

const files = () => readdirSync(folder);
const start = (used: Store = store, maxBytes = MAX_BYTES, nowMs = NOW_MS) =>
  startResponder({
    causes: CAUSES,
    stream,
    store: used,
    clock: manualClock(nowMs),
    settings: settings(),
    auditFiles: { folder, maxBytes },
  });

async function until(happens: () => boolean | Promise<boolean>) {
  while (!(await happens())) await new Promise((resolve) => setImmediate(resolve));
}
/** One decision a batch: two entries each. */
async function decide(count: number) {
  for (let number = 0; number < count; number++) {
    await stream.append([
      { stream: "decisions", partition: 0, value: Buffer.from(JSON.stringify(decision("quarantine"))) },
    ]);
    await until(
      async () => (await loadHead(store, 0)).positions.decisions === (await stream.end("decisions", 0)),
    );
  }
}
const sequences = async (from: AsyncIterable<{ sequence: number }>) => {
  const all: number[] = [];
  for await (const { sequence } of from) all.push(sequence);
  return all;
};
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);
const verdict = () => verifyAudit(auditEntries(store, 0, folder));

describe("an audit log that has grown", () => {
  it("is moved into numbered files, and its chain goes on from file to file to store", async () => {
    const service = start();
    await decide(10);
    await service.stop();
    const { tail } = await loadHead(store, 0);
    expect(files().length).toBeGreaterThan(2);
    expect(files()[0]).toBe("audit-0000-000000000001.ndjson");
    expect(statSync(join(folder, files()[0] ?? "")).mode & 0o777).toBe(0o600);
    expect(await sequences(auditEntries(store, 0, folder))).toEqual(upTo(20));
    expect(await sequences(auditEntries(store, 0))).toEqual(upTo(20).slice(tail.first - 1));
    expect(await verdict()).toMatchObject({ intact: true, chains: [{ head: { sequence: 20 } }] });
    expect(service.degraded?.()).toBeUndefined();
  });

  it("stays in the store while it is small", async () => {
    const service = start(store, 1_000_000);
    await decide(10);
    await service.stop();
    expect(() => files()).toThrow("ENOENT");
    expect(await sequences(auditEntries(store, 0))).toEqual(upTo(20));
  });

  it("goes on after a restart", async () => {
    for (let round = 0; round < 3; round++) {
      const service = start();
      await decide(3);
      await service.stop();
    }
    expect(await verdict()).toMatchObject({ intact: true, chains: [{ head: { sequence: 18 } }] });
  });

  it.each([
    ["before the head knows of the file", (group: string) => group === "head"],
    ["before it has left the store", (group: string) => group.startsWith("audit")],
  ])("is whole when it was killed %s", async (_when, isLost) => {
    let isFiled = false;
    const broken: Store = {
      ...store,
      async commit(lease, chunks, position) {
        isFiled ||= files0().length > 0;
        if (isFiled && chunks.flat().some(({ group }) => isLost(group))) throw new Error("killed");
        await store.commit(lease, chunks, position);
      },
    };
    const files0 = () => readdirSync(join(folder, "..")).flatMap((name) => (name === "audit" ? files() : []));
    const service = start(broken);
    const failed = service.done.then(
      () => false,
      () => true,
    );
    for (let number = 0; number < 4; number++)
      await stream.append([
        {
          stream: "decisions",
          partition: 0,
          value: Buffer.from(JSON.stringify(decision("quarantine", { reason: "x".repeat(900) }))),
        },
      ]);
    expect(await failed).toBe(true);
    expect((await verdict()).intact).toBe(true);
    const again = start();
    await decide(6);
    await again.stop();
    expect(await verdict()).toMatchObject({ intact: true, chains: [{ head: { sequence: 20 } }] });
  });

  it("stays in the store, and says so, when the folder cannot be written", async () => {
    writeFileSync(folder, "");
    const service = start();
    await decide(5);
    await until(() => service.degraded?.() !== undefined);
    expect(service.degraded?.()).toMatch(/audit log cannot be moved into files.*(EEXIST|ENOTDIR)/);
    expect(await sequences(auditEntries(store, 0))).toEqual(upTo(10));
    rmSync(folder);
    await decide(1);
    await until(() => service.degraded?.() === undefined);
    await service.stop();
    expect(await sequences(auditEntries(store, 0, folder))).toEqual(upTo(12));
  });

  it("never replaces the files of a chain that the store has lost", async () => {
    const service = start();
    await decide(5);
    await service.stop();
    const before = files().map((name) => readFileSync(join(folder, name), "utf8"));
    expect(before.length).toBeGreaterThan(0);
    const again = start(memoryStore(), MAX_BYTES, NOW_MS + 1000);
    await until(() => again.degraded?.() !== undefined);
    expect(again.degraded?.()).toMatch(/is of another chain: move the older files/);
    await again.stop();
    expect(files().filter((name) => name.endsWith(".ndjson"))).toHaveLength(before.length);
    expect(readFileSync(join(folder, files()[0] ?? ""), "utf8")).toBe(before[0]);
  });

  it("is read whole while it is being moved", async () => {
    const service = start();
    await decide(2);
    const reading = auditEntries(store, 0, folder);
    const seen = [(await reading.next()).value.sequence];
    await decide(8);
    seen.push(...(await sequences(reading)));
    await service.stop();
    expect(seen.slice(0, 4)).toEqual(upTo(4));
    expect(seen).toEqual(upTo(seen.length));
  });

  it("shows the file and line of what was changed, and what is gone from the store", async () => {
    const service = start();
    await decide(10);
    await service.stop();
    const path = join(folder, files()[1] ?? "");
    const [first = "", ...rest] = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, [first, "{nonsense", ...rest.slice(1)].join("\n"));
    const places: string[] = [];
    for await (const { place, entry } of auditLines(store, 0, folder))
      if (entry === undefined) places.push(place);
    expect(places).toEqual([`${path}:2`]);
  });
});

describe("entries at the end that are gone from the store", () => {
  it("are told, because the head knows of them", async () => {
    const service = start(store, 1_000_000);
    await stream.append([
      {
        stream: "findings",
        partition: 0,
        value: Buffer.from(
          JSON.stringify({
            origin: { stage: "processor", partition: 0, position: 0, index: 0 },
            value: finding(1),
          }),
        ),
      },
    ]);
    await decide(2);
    await service.stop();
    const { audit } = await loadHead(store, 0);
    const lease = await store.acquire("responder-audit", 0);
    const gone = [{ group: `audit\n${audit.sequence}`, entries: new Map([["json", undefined]]) }];
    await store.commit(lease, [gone], 0);
    const places: string[] = [];
    for await (const { place, entry } of auditLines(store, 0)) if (entry === undefined) places.push(place);
    expect(places).toEqual([`the store, chain 0, entry ${audit.sequence}`]);
  });
});
