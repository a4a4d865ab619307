/** Agents of one group that pay, day after day, over a log and a store in memory: folded, committed and added up in turn. */
import { agentView } from "../../detectors/fold/agent-view.ts";
import type { OnScored } from "../../detectors/fold/hearing.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import { Settings } from "../../schemas/settings.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { inTurn } from "../../services/in-turn.ts";
import { createJudge } from "../../services/judge.ts";
import { type Learning, learnNewest } from "../../services/learner/learn.ts";
import type { Store } from "../../services/ports/store.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { followGroups } from "../../services/processor/groups.ts";
import { openProcessorPartition } from "../../services/processor/partition.ts";
import type { ProcessorPartitionOptions } from "../../services/processor/state.ts";
import { type CallFields, DAY, event, type Given, HOUR, START, type View } from "../detectors/given.ts";
import { APPROVE, session } from "../detectors/sessions.ts";
import { valuesOf } from "../processor/world.ts";

/** Days since 1970 of the first day. */
export const FIRST_DAY = START / DAY;
const ACCOUNTS = ["AT021100000293345678", "AT483200000012345864", "AT611904300234573201"];
/** What its sessions begin with. */
export const READ: CallFields = { name: "read_invoice" };
const pay = (payee: string): CallFields => ({
  service: "bank",
  name: "transfer",
  tier: 2,
  targets: { payee: [payee] },
});
/** What pays a stranger. */
export const ATTACK = [READ, APPROVE, pay("XK051212012345678906")];

/** Sessions of one day of an agent, from three trust units in turn. */
export function dayOf(agent: string, day: number, group = "payers", sessions = 6): Given[] {
  return Array.from({ length: sessions }, (_, at) =>
    sessionOf(
      agent,
      day * DAY + (at + 1) * 2 * HOUR,
      [READ, APPROVE, pay(ACCOUNTS[(day * 2 + at) % 3] ?? "")],
      {
        trustUnit: `${agent}-unit-${(day + at) % 3}`,
        group,
      },
    ),
  ).flat();
}

/** One session of an agent. */
export function sessionOf(
  id: string,
  atMs: number,
  steps: readonly CallFields[],
  { trustUnit = `${id}-unit-0`, group = "payers" } = {},
): Given[] {
  return session(atMs, steps, { agent: { id, group }, trustUnit });
}

/** Settings with these of out-of-graph. */
export const settingsOf = (outOfGraph: Record<string, unknown>) =>
  Settings.parse({ tenant: "default", detectors: { "out-of-graph": { evidence: "on", ...outOfGraph } } });

/** A system of so many partitions, by one process; `store` may be another's. */
export async function days(
  partitions: number,
  outOfGraph: Record<string, unknown> = {},
  store = memoryStore(),
  onScored?: OnScored,
) {
  const settings = settingsOf(outOfGraph);
  const stream = memoryStream(partitions);
  const book = followGroups(store);
  const judge = createJudge(settings, "test", onScored, book.groups);
  const options: ProcessorPartitionOptions = {
    ...{ stream, store, judge, usesPeers: true, tenant: settings.tenant },
    clock: { now: () => 0, sleep: async () => {} },
    scanner: new EventScanner(hashKey(Buffer.from("0123456789abcdef"))),
    ...{ commitIntervalMs: 1000, maxAgents: () => 1000, owned: () => 1 },
    ...{ gatherInTurn: inTurn(), unreadable: { agents: 0 } },
  };
  const open = () =>
    Promise.all(Array.from({ length: partitions }, (_, at) => openProcessorPartition(at, options)));
  let owned = await open();
  const learning: Learning = { store, partitions, space: "processor", settings };
  /** Appends events, folds and commits them. */
  async function sees(...events: readonly Given[]) {
    await stream.append(events.map((one) => recordOf(one, partitions)));
    await Promise.all(owned.map(({ partition }) => takeAll(partition)));
    await Promise.all(owned.map((partition) => partition.commit(true)));
  }
  /** The same of a tick, early on a day, in these partitions. */
  async function tick(day: number, among = [...owned.keys()]) {
    await stream.append(among.map((partition) => tickOf(day, partition)));
    await sees();
  }
  return {
    ...{ store, stream, book, judge, learning, sees, tick },
    /** A day: it begins, what was over is added up and read, and then come its events. */
    async passes(day: number, ...events: readonly Given[]) {
      await tick(day);
      await learnNewest(learning);
      await book.refresh();
      await sees(...events);
    },
    async restart() {
      owned = await open();
    },
    /** How the scores of an agent stand, as it is shown. */
    async scores(agent: string) {
      const group = `default/${agent}`;
      const entries = await store.load("processor", partitionOf(group, partitions), [group]);
      return (agentView(entries.get(group) ?? new Map(), settings) as View)["out-of-graph"].scores;
    },
    /** Everything that was found, or what was found of one agent. */
    async findings(agent?: string): Promise<Finding[]> {
      const found: Finding[] = [];
      for (let at = 0; at < partitions; at++)
        for (const value of await valuesOf(stream, "findings", at))
          found.push((value as Derived<Finding>).value);
      return found.filter((one) => agent === undefined || one.agent === agent);
    },
  };

  async function takeAll(at: number) {
    const partition = owned[at]!;
    for await (const batch of stream.read("events", at, partition.position())) await partition.batch(batch);
  }
}

const bytesOf = (one: object) => Buffer.from(JSON.stringify(one));

function recordOf(one: Given, partitions: number) {
  const { id } = one.agent as { readonly id: string };
  return {
    stream: "events" as const,
    partition: partitionOf(`default/${id}`, partitions),
    value: bytesOf(one),
  };
}

/** A tick, early on a day. */
export const tickOf = (day: number, partition: number) => ({
  ...{ stream: "events" as const, partition },
  value: bytesOf(event("tick", day * DAY + 1.5 * HOUR, { agent: undefined })),
});

/** All versions in a store, as bytes in hexadecimal by group and day. */
export async function versionsIn(store: Store): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for await (const [group, entries] of store.scan("groups", 0))
    for (const [name, bytes] of entries) found.push([`${group} ${name}`, Buffer.from(bytes).toString("hex")]);
  return Object.fromEntries(found.sort());
}
