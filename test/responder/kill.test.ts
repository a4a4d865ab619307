/** kill -9 in the middle of deciding and acting: no decision lost, no action lost, none twice, and the audit log unbroken. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import { clock } from "../../services/adapters/clock.ts";
import { openEmbedded } from "../../services/adapters/index.ts";
import { startEgress } from "../../services/egress/index.ts";
import type { Store } from "../../services/ports/store.ts";
import type { Stream } from "../../services/ports/stream.ts";
import {
  type AuditEntry,
  auditEntries,
  loadOrMakeAuditKey,
  startResponder,
  verifyAudit,
} from "../../services/responder/index.ts";
import { settings } from "./given.ts";

const PARTITIONS = 2;
/** Killed after so many pairs of a finding and a decision. */
const KILLED_AFTER = [3, 40];

/** Runs the victim until it has written so many pairs; answers the decisions that were durable. */
async function runAndKill(folder: string, first: number, pairs: number): Promise<string[]> {
  const script = new URL("./victim.ts", import.meta.url).pathname;
  const victim = spawn(process.execPath, [script, folder, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(victim, "exit");
  const durable: string[] = [];
  for await (const line of createInterface(victim.stdout)) {
    if (durable.push(line) >= pairs) victim.kill("SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  return durable;
}

/** What the audit log says: decisions by id, actions by id as asked and as answered. */
async function told(store: Store) {
  const entries: AuditEntry[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++)
    for await (const entry of auditEntries(store, partition)) entries.push(entry);
  const ids = (idOf: (record: AuditEntry["record"]) => string | undefined) =>
    entries.flatMap(({ record }) => idOf(record) ?? []).toSorted();
  return {
    decided: ids((record) => (record.what === "decision.made" ? record.decision.id : undefined)),
    asked: ids((record) => (record.what === "action.asked" ? record.action.id : undefined)),
    answered: ids((record) => (record.what === "outcome.recorded" ? record.outcome.action : undefined)),
  };
}

/** True when everything was read and every action has its outcome. */
async function isSettled(stream: Stream, store: Store): Promise<boolean> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const head = (await store.load("responder", partition, ["head"])).get("head")?.get("json");
    const { positions } = JSON.parse(Buffer.from(head ?? []).toString() || '{"positions":{}}');
    for (const input of ["findings", "decisions", "outcomes"] as const)
      if ((positions[input] ?? 0) !== (await stream.end(input, partition))) return false;
  }
  const { asked, answered } = await told(store);
  return asked.length === answered.length;
}

it("loses and repeats nothing, whenever it is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "offgraph-kill-"));
  const durable: string[] = [];
  for (const [run, pairs] of KILLED_AFTER.entries())
    durable.push(...(await runAndKill(folder, run * 10_000, pairs)));
  const { stream, store, close } = await openEmbedded({ folder, partitions: PARTITIONS });
  const { privateKey, publicKey } = await loadOrMakeAuditKey(folder);
  const enforce = settings({}, { maxActionsPer10Min: 10_000 });
  const services = [
    startResponder({ causes: CAUSES, stream, store, clock, settings: enforce, auditKey: privateKey }),
    startEgress({ stream, store, clock }),
  ];
  while (!(await isSettled(stream, store))) await setImmediate();
  for (const service of services) await service.stop();

  const { decided, asked, answered } = await told(store);
  expect(decided).toEqual(expect.arrayContaining(durable));
  expect(new Set(decided).size).toBe(decided.length);
  expect(new Set(asked).size).toBe(asked.length);
  expect(answered).toEqual(asked);
  for (let partition = 0; partition < PARTITIONS; partition++)
    expect(await verifyAudit(auditEntries(store, partition), publicKey)).toMatchObject({ intact: true });
  await close();
  await rm(folder, { recursive: true });
}, 20_000);
