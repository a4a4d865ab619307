/** What must hold after every fault, whatever it was. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Incident } from "../../schemas/action.ts";
import { isAtLeast } from "../../schemas/ids.ts";
import { keyOf } from "../../services/ingest/index.ts";
import type { Store } from "../../services/ports/store.ts";
import { incidents } from "../../services/responder/index.ts";
import { type Member, until } from "../cluster/cluster.ts";
import type { Received } from "../egress/receiver.ts";
import type { Books } from "../kill/books.ts";
import { expectIntact } from "../kill/expectations.ts";
import { versionsIn } from "../learner/days.ts";
import { hasGroups, ROLLED_OUT } from "./days.ts";
import { isAddedUp } from "./load.ts";
import { replayed } from "./replay.ts";
import type { System } from "./system.ts";

/**
 * Waits until nothing is on its way any more. Then: accepted ids are all in the log; the findings are those of an embedded replay of
 * that log; no action has had its effect twice, at the gates and at the webhook's endpoint; nothing was set aside; and who was not
 * ended by the test still runs, and ends well.
 */
export async function expectUnharmed(system: System, accepted: ReadonlySet<string>): Promise<Books> {
  await system.settled();
  const books = hasGroups(system.settings) ? await booksWithGroups(system) : await system.books();
  await until(() => idsOf(system.receiver.received).size >= worthTelling(books).size);
  expectIntact(books, accepted);
  expectToldOnce(system.receiver.received, worthTelling(books));
  expect(await deadLettersIn(system)).toEqual([]);
  const codes = await Promise.all(system.running().map(endedWell));
  expect(codes.filter((code) => code !== 0)).toEqual([]);
  return books;
}

/**
 * The same with what is known of groups: the versions are, byte for byte, those of a replay, findings were judged by them, and the
 * new version of a group is one incident, with every finding of it once, for which nothing was done.
 */
async function booksWithGroups(system: System): Promise<Books> {
  const books = await system.books();
  const reader = await system.open();
  const store = reader.store as Store;
  const key = keyOf(readFileSync(join(system.folder, "hash"), "utf8"), "hash");
  const { findings, versions } = await replayed(reader, key, system.settings);
  const told: Incident[] = [];
  for await (const one of incidents(store, reader.stream.partitions)) told.push(one);
  await until(() => isAddedUp(system, Math.max(...Array.from(versions.keys(), dayOf))));
  expect(await versionsIn(store)).toEqual(Object.fromEntries(versions));
  await reader.close();
  expect(findings.some(({ judgedBy }) => judgedBy.peerVersion !== undefined)).toBe(true);
  const news = new Set(findings.flatMap(({ id, newVersion }) => (newVersion?.quiet ? [id] : [])));
  expect(news.size).toBeGreaterThan(0);
  const rollouts = told.filter(({ cause }) => cause === "rollout");
  expect(rollouts).toMatchObject([{ findingCount: news.size, actions: [], rollout: { group: ROLLED_OUT } }]);
  return { ...books, replayed: findings };
}

const dayOf = (version: string) => Number(version.split(" ").at(-1));

/** Ids of the findings that a webhook is sent. */
function worthTelling({ findings }: Books): ReadonlySet<string> {
  const told = findings.filter(({ severity }) => isAtLeast(severity, "low"));
  return new Set(told.map(({ id }) => id));
}

const webhookId = ({ headers }: Received) => String(headers["webhook-id"]);
const idsOf = (received: readonly Received[]) => new Set(received.map(webhookId));

/** A delivery may come again after a crash, under the id by which its receiver tells repeats, and with the same words. */
function expectToldOnce(received: readonly Received[], expected: ReadonlySet<string>): void {
  expect([...idsOf(received)].toSorted()).toEqual([...expected].toSorted());
  const said = new Set(received.map((one) => `${webhookId(one)} ${one.body}`));
  expect(said.size).toBe(expected.size);
}

async function deadLettersIn(system: System): Promise<string[]> {
  const reader = await system.open();
  const letters: string[] = [];
  for (let partition = 0; partition < reader.stream.partitions; partition++)
    for await (const { bytes, starts, ends, count } of reader.stream.read("dead-letters", partition, 0))
      for (let at = 0; at < count; at++) letters.push(bytes.toString("utf8", starts[at], ends[at]));
  await reader.close();
  return letters;
}

/** One that has ended by itself is told with its last words. */
async function endedWell(member: Member): Promise<unknown> {
  const { exitCode, signalCode } = member.child;
  if (exitCode !== null || signalCode !== null) return { exitCode, signalCode, said: member.log.slice(-3) };
  return member.end("SIGTERM");
}
