/** What persons say of baselines is in the log: restarts, rebuilt stores and replays come to the same as those who never stopped. */
import { afterEach, describe, expect, it } from "vitest";
import { agentBaseline } from "../../detectors/fold/agent-baseline.ts";
import { agentView } from "../../detectors/fold/agent-view.ts";
import { newBook } from "../../detectors/groups/book.ts";
import type { Finding } from "../../schemas/finding.ts";
import { Settings } from "../../schemas/settings.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import { openLmdbStore } from "../../services/adapters/store-lmdb.ts";
import { createJudge } from "../../services/judge.ts";
import type { Entries, Store } from "../../services/ports/store.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { openProcessorPartition } from "../../services/processor/partition.ts";
import { relearn } from "../../services/processor/relearn.ts";
import { temporaryFolder } from "../adapters/folder.ts";
import { call, DAY, event, type Given, HOUR, START, type View } from "../detectors/given.ts";
import { APPROVE, history, KINDS, LATER, READ, session, transfer } from "../detectors/sessions.ts";
import { lines, optionsOf, takeAll, valuesOf } from "./world.ts";

const settings = Settings.parse({ detectors: { "out-of-graph": { evidence: "on" } } });
const key = { name: "test", secret: Buffer.from("0123456789abcdef") };
const THIEF = "accounts@thief.example.net";

const ask = (atMs: number, ...steps: Parameters<typeof session>[1]) =>
  session(atMs, steps, { workflow: "Ask" });
const nameOf = ([first]: readonly Given[]) => String(first?.session);
const said = (atMs: number, verdict: string, decision: object = {}, more: object = {}) =>
  event("decision.made", atMs, { decision: { verdict, by: "ana", ...decision }, ...more });

/** It ends in the midst of the story. */
const contract = {
  ...{ name: "ask", version: 1, closed: true, key: "owner", digest: "0".repeat(64) },
  until: new Date(START + LATER + 5 * DAY).toISOString(),
};

/** An agent that has learned, is attacked, and of which everything is said that can be said. */
function story(): { readonly before: readonly Given[]; readonly after: readonly Given[] } {
  const [alarm, attack, live] = [
    ask(LATER, READ, APPROVE),
    ask(LATER + DAY, READ, transfer(THIEF)),
    ask(LATER + 2 * DAY, READ, { name: "look" }, { name: "wipe", tier: 1 }),
  ];
  const operation = call(0, { name: "delete_ledger", tier: 1 }).operation;
  const before = [...history(30), ...ask(LATER - DAY, READ)];
  const after = [
    ...alarm,
    ...ask(LATER + HOUR, READ),
    said(LATER + HOUR, "release-session", { session: nameOf(alarm), edges: true }),
    ...attack,
    ...ask(LATER + DAY + HOUR, READ),
    said(LATER + DAY + HOUR, "confirm-session", { session: nameOf(attack), edges: true }),
    said(LATER + DAY + HOUR, "approve-edge", {}, { workflow: "Pay", operation }),
    ...[{}, { operation: call(0, { name: "wipe", tier: 1 }).operation }].map((more) =>
      said(LATER + DAY + HOUR, "contract", { contract }, { workflow: "Ask", ...more }),
    ),
    said(LATER + DAY + HOUR, "deny-edge", {}, { operation: call(0, { name: "search" }).operation }),
    ...live,
    said(LATER + 2 * DAY + HOUR, "release-session", { session: nameOf(live) }),
    ...ask(LATER + 3 * DAY, READ, transfer(THIEF), { name: "search" }),
    ...ask(LATER + 4 * DAY, READ, APPROVE, { name: "look" }),
    ...session(LATER + 6 * DAY, [...KINDS.Pay(1), { name: "delete_ledger", tier: 1 }], { workflow: "Pay" }),
    ...ask(LATER + 9 * DAY, READ),
  ];
  return { before, after };
}

const place = temporaryFolder();
const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  place.remove();
});

async function storeIn(folder: string): Promise<Store> {
  const store = await openLmdbStore({ folder: `${place.folder}/${folder}` });
  opened.push(store);
  return store;
}

const start = (stream: Stream, store: Store) =>
  openProcessorPartition(0, {
    ...optionsOf(stream),
    store,
    judge: createJudge(settings, "test", undefined, newBook()),
  });
const entriesIn = async (store: Store): Promise<Entries | undefined> =>
  (await store.load("processor", 0, ["default/a"])).get("default/a");
const bytesOf = (entries: Entries = new Map()) =>
  Object.fromEntries([...entries].map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]));
const learnedIn = (entries: Entries = new Map()) => (agentView(entries, settings) as View)["out-of-graph"];
const findingsIn = async (stream: Stream) =>
  new Set((await valuesOf(stream, "findings")).map((record) => (record as { value: Finding }).value.id));

/** Folds all events with a crash after each of `crashes`, some of them before anything was committed. */
async function folded(name: string, events: readonly Given[], crashes: readonly number[]) {
  const [stream, store] = [memoryStream(1), await storeIn(name)];
  let partition = await start(stream, store);
  let from = 0;
  for (const [nth, crash] of [...crashes, events.length].entries()) {
    await stream.append(lines(...events.slice(from, crash)));
    await takeAll(partition, stream);
    if (nth % 2 === 0 || crash === events.length) await partition.commit(true);
    if (crash < events.length) partition = await start(stream, store);
    from = crash;
  }
  // What was not committed at the last crash is taken again.
  await takeAll(partition, stream);
  await partition.commit(true);
  return { stream, store, entries: await entriesIn(store), findings: await findingsIn(stream) };
}

describe("decisions in the log", () => {
  it("come to the same wherever the processor is killed, and in whoever replays the log", async () => {
    const { before, after } = story();
    const events = [...before, ...after];
    const whole = await folded("whole", events, []);
    const learned = learnedIn(whole.entries);
    expect(learned).toMatchObject({ heldBefore: { released: 2, confirmed: 1 } });
    expect(learned.denied.map(({ operation }) => operation)).toEqual([
      "bank transfer",
      "bank transfer",
      "erp search",
    ]);
    expect(whole.findings.size).toBeGreaterThan(3);
    const each = after.map((_, at) => before.length + at + 1).slice(0, -1);
    const killed = await folded("killed", events, each);
    expect(killed.entries).toEqual(whole.entries);
    expect(killed.findings).toEqual(whole.findings);
    const replayed = await relearn(
      { ...whole, settings, key },
      { tenant: "default", agent: "a", untilMs: Infinity },
    );
    expect(bytesOf(replayed.entries)).toEqual(bytesOf(whole.entries));
    expect(replayed.isCutOff).toBe(false);
  }, 30_000);

  it("undo what was learned since a time, and import it again, wherever the processor is killed", async () => {
    const { before, after } = story();
    const whole = await folded("undone", [...before, ...after], []);
    const query = { tenant: "default", agent: "a", untilMs: START + LATER };
    const { entries: earlier = new Map() } = await relearn({ ...whole, settings, key }, query);
    const replace = (verdict: string, entries: Entries = new Map()) =>
      said(LATER + 10 * DAY, verdict, {
        baseline: Buffer.from(agentBaseline(entries, settings) ?? []).toString("base64"),
      });
    const living = ask(LATER + 10 * DAY, READ, { name: "search" });
    const events = [
      ...before,
      ...after,
      ...living,
      replace("undo", earlier),
      ...ask(LATER + 11 * DAY, READ, APPROVE),
    ];
    const undone = await folded("undone-2", events, []);
    const { version } = learnedIn(whole.entries);
    expect(learnedIn(undone.entries)).toMatchObject({
      denied: [],
      version: expect.toSatisfy((is) => is > version),
      heldBefore: { released: 0 },
    });
    const operations = learnedIn(undone.entries).workflows.flatMap((one) =>
      one.operations.map(({ operation }) => operation),
    );
    expect(operations).not.toContain("erp look");
    expect(undone.findings.size).toBe(whole.findings.size + 2);
    const killed = await folded("undone-3", events, [
      events.length - 4,
      events.length - 3,
      events.length - 2,
    ]);
    expect(killed.entries).toEqual(undone.entries);
    const back = await folded("imported", [...events, replace("import", whole.entries)], [events.length]);
    expect(learnedIn(back.entries).denied).toEqual(learnedIn(whole.entries).denied);
    expect(learnedIn(back.entries).workflows).toEqual(learnedIn(whole.entries).workflows);
  }, 30_000);
});

describe("a record that says it is a decision", () => {
  it.each([
    ["says nothing", {}],
    ["says null", { decision: null }],
    ["says what this version does not know", { decision: { verdict: "forget-all", by: "mallory" } }],
  ])("is passed over when it %s", async (_, odd) => {
    const { before } = story();
    const kept = learnedIn((await folded("kept", before, [])).entries);
    const record = event("decision.made", LATER, odd);
    expect(learnedIn((await folded("odd", [...before, record], [])).entries)).toEqual(kept);
  });

  it("is told in the dead letters when what it puts back cannot be read, and what is known stays", async () => {
    const { before } = story();
    const events = [...before, said(LATER, "import", { baseline: "AAAA" }), ...ask(LATER, READ)];
    const { entries, stream } = await folded("unreadable", events, []);
    expect(learnedIn(entries)).toMatchObject({ agent: { mode: "shadow", sessions: 60 } });
    expect(await valuesOf(stream, "dead-letters")).toMatchObject([
      { code: "internal", message: "detector out-of-graph failed: columns of version 0 are not read" },
    ]);
  });
});

describe("learning again from the log", () => {
  const query = { tenant: "default", agent: "a", untilMs: START + 10 * HOUR };

  it("looks at one agent of one tenant, and at nothing from that time on", async () => {
    const others = history(8).map((one) => ({ ...one, agent: { id: "b" } }));
    const theirs = history(8).map((one) => ({ ...one, tenant: "acme" }));
    const { stream, store } = await folded("again", [...history(8), ...others, ...theirs], []);
    const { entries } = await relearn({ stream, store, settings, key }, query);
    // One session an hour; the last of the ten has not ended.
    expect(learnedIn(entries)).toMatchObject({ agent: { sessions: 9 } });
  });

  it("has nothing of an agent that did nothing before, and says when the log has lost its beginning", async () => {
    const { stream, store } = await folded("none", history(2), []);
    const early = await relearn({ stream, store, settings, key }, { ...query, untilMs: START });
    expect(early).toEqual({ entries: undefined, isCutOff: false });
    const cut: Stream = {
      ...stream,
      read: (name, partition, _from, options) => stream.read(name, partition, 2, options),
    };
    expect(await relearn({ stream: cut, store, settings, key }, query)).toMatchObject({ isCutOff: true });
  });
});

describe("the metric of held sessions that went for newer ones", () => {
  it("counts those beyond eight of an agent, and none before", async () => {
    const stream = memoryStream(1);
    const judge = createJudge(settings, "test", undefined, newBook());
    const partition = await openProcessorPartition(0, { ...optionsOf(stream), judge });
    const flagged = (at: number) => [
      ...ask(LATER + at * DAY, READ, APPROVE),
      ...ask(LATER + at * DAY + HOUR, READ),
    ];
    const held = async (from: number, to: number) => {
      const days = Array.from({ length: to - from }, (_, at) => flagged(from + at)).flat();
      await stream.append(lines(...days));
      await takeAll(partition, stream);
      return judge.fold.caps.held;
    };
    await stream.append(lines(...history(30)));
    expect(await held(0, 8)).toBe(0);
    expect(await held(8, 11)).toBe(3);
  });
});
