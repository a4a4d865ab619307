/** What must hold after every fault, whatever it was. */
import { expect } from "vitest";
import { isAtLeast } from "../../schemas/ids.ts";
import { usesPeers } from "../../services/group-versions.ts";
import { type Member, until } from "../cluster/cluster.ts";
import type { Received } from "../egress/receiver.ts";
import type { Books } from "../kill/books.ts";
import { expectIntact } from "../kill/expectations.ts";
import { replayedWithGroups } from "./groups.ts";
import type { System } from "./system.ts";

/**
 * Waits until nothing is on its way any more. Then: accepted ids are all in the log; the findings are those of an embedded replay of
 * that log; no action has had its effect twice, at the gates and at the webhook's endpoint; nothing was set aside; and who was not
 * ended by the test still runs, and ends well.
 */
export async function expectUnharmed(system: System, accepted: ReadonlySet<string>): Promise<Books> {
  await system.settled();
  const read = await system.books();
  const books = usesPeers(system.settings) ? { ...read, replayed: await replayedWithGroups(system) } : read;
  await until(() => idsOf(system.receiver.received).size >= worthTelling(books).size);
  expectIntact(books, accepted);
  expectToldOnce(system.receiver.received, worthTelling(books));
  expect(await deadLettersIn(system)).toEqual([]);
  const codes = await Promise.all(system.running().map(endedWell));
  expect(codes.filter((code) => code !== 0)).toEqual([]);
  return books;
}

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
