/** The learner with processors around it: versions of peer groups, from agents and for agents. */
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../services/adapters/memory.ts";
import { learnNewest } from "../../services/learner/learn.ts";
import type { Store } from "../../services/ports/store.ts";
import { partitionOf } from "../../services/ports/stream.ts";
import { type CallFields, DAY, type Given, HOUR } from "../detectors/given.ts";
import { APPROVE } from "../detectors/sessions.ts";
import { ATTACK, dayOf, days, FIRST_DAY, READ, sessionOf, versionsIn } from "./days.ts";

const AGENTS = ["ann", "bob", "eve", "joe"];
const all = (day: number): Given[] =>
  AGENTS.flatMap((agent) => dayOf(agent, day)).sort((a, b) => (a.time < b.time ? -1 : 1));

/** A system in which the four agents of a group have worked for so many days. */
async function grown(until: number, partitions = 2, outOfGraph = {}, store = memoryStore()) {
  const system = await days(partitions, outOfGraph, store);
  for (let day = 0; day < until; day++) await system.passes(day, ...all(day));
  return system;
}

describe("a new agent", () => {
  /** Sessions of its first day that were judged, and what was found when one of the day after paid a stranger. */
  async function firstDays(group: string, outOfGraph = {}) {
    const system = await grown(10, 2, outOfGraph);
    await system.passes(10, ...dayOf("new", 10, group));
    const before = system.judge.fold.standings.judged;
    await system.passes(
      11,
      ...dayOf("new", 11, group),
      ...sessionOf("new", 11 * DAY + 20 * HOUR, ATTACK, { group }),
    );
    const judged = system.judge.fold.standings.judged - before;
    return { judged, found: await system.findings("new") };
  }

  it("of a known group is judged from its second day on", async () => {
    const { judged, found } = await firstDays("payers");
    expect(judged).toBe(7);
    expect(found.map(({ kind }) => kind)).toEqual(["unlikely-session"]);
    expect(found[0]?.judgedBy.peerVersion).toBe("payers 2026-03-11");
    expect(found[0]?.expected).toContain("sessions of 4 agents of the group payers");
  });

  it("is shown as judged by its peers", async () => {
    const system = await grown(12);
    await system.passes(12, ...all(12), ...dayOf("new", 12));
    expect(await system.scores("new")).toMatchObject({
      state: "peers",
      reason: "too few scores of its own: judged by those of payers 2026-03-12",
      peers: { group: "payers", judgedBy: "payers 2026-03-12" },
    });
    expect(await system.scores("ann")).toMatchObject({ state: "calibrated", peers: { group: "payers" } });
  });

  it("of no group is judged by its tenant", async () => {
    const { judged, found } = await firstDays("strangers");
    expect(judged).toBe(7);
    expect(found[0]?.judgedBy.peerVersion).toBe("2026-03-11");
  });

  it("of a group that is too young itself is judged by its tenant", async () => {
    const system = await grown(9);
    const clerks = ["kim", "lee", "sam"];
    for (let day = 9; day < 12; day++)
      await system.passes(day, ...all(day), ...clerks.flatMap((agent) => dayOf(agent, day, "clerks")));
    await system.passes(12, ...dayOf("new", 12, "clerks"));
    expect(system.book.groups.versionFor("default", "clerks", FIRST_DAY + 12)).toMatchObject({ agents: 3 });
    expect(await system.scores("new")).toMatchObject({
      state: "peers",
      peers: { group: "clerks", judgedBy: "2026-03-12" },
    });
  });

  it("waits until it has learned itself where peers are switched off", async () => {
    expect(await firstDays("payers", { peers: "off" })).toEqual({ judged: 0, found: [] });
  });
});

describe("a named fact", () => {
  const READING = [READ, APPROVE];
  const FILING: readonly CallFields[] = [READ, APPROVE, { name: "archive", tier: 1 }];

  /** What is found when an agent archives for the first time, among peers that do these things. */
  async function firstFiling(steps: readonly CallFields[]) {
    const system = await days(2);
    const at = (agent: string, day: number, hour: number, done: readonly CallFields[]) =>
      sessionOf(agent, day * DAY + hour * HOUR, done, { trustUnit: `${agent}-unit-${hour % 3}` });
    const hours = [2, 4, 6, 9, 13, 17];
    for (let day = 0; day < 10; day++) {
      const events = hours.flatMap((hour) => [
        ...AGENTS.flatMap((agent) => at(agent, day, hour, steps)),
        ...at("zoe", day, hour, READING),
      ]);
      await system.passes(day, ...events);
    }
    await system.passes(10, ...at("zoe", 10, 2, READING), ...at("zoe", 10, 9, FILING));
    return system.findings("zoe");
  }

  it("of what most peers do is told at low severity, with their number", async () => {
    const [found] = await firstFiling(FILING);
    expect(found).toMatchObject({ kind: "operation-new-to-agent", severity: "low" });
    expect(found?.judgedBy.peerVersion).toBe("payers 2026-03-10");
    expect(found?.expected).toContain("Of 5 witnesses among its peers 4 use it.");
  });

  it("of what no peer does is told as ever", async () => {
    const [found] = await firstFiling(READING);
    expect(found).toMatchObject({ kind: "operation-new-to-agent", severity: "medium" });
    expect(found?.expected).toContain("Of 5 witnesses among its peers 0 use it.");
  });
});

describe("versions", () => {
  it("are the same from one partition and from many", async () => {
    const [one, many] = await Promise.all([grown(9, 1), grown(9, 5)]);
    const versions = await versionsIn(one.store);
    expect(Object.keys(versions)).toContain(`default/payers ${FIRST_DAY + 7}`);
    expect(await versionsIn(many.store)).toEqual(versions);
  });

  it("are the same when processors and learner are started anew in between", async () => {
    const whole = await grown(9);
    const system = await days(2);
    for (let day = 0; day < 9; day++) {
      await system.restart();
      await system.passes(day, ...all(day));
    }
    expect(await versionsIn(system.store)).toEqual(await versionsIn(whole.store));
    expect(await system.findings()).toEqual(await whole.findings());
  });

  it("of a day are the same before and after its agents have begun the next one", async () => {
    const [early, late] = await Promise.all([grown(8), grown(8)]);
    await early.tick(8);
    expect(await learnNewest(early.learning)).toBe(FIRST_DAY + 7);
    await late.sees(...all(8));
    await late.tick(8);
    expect(await learnNewest(late.learning)).toBe(FIRST_DAY + 7);
    expect(await versionsIn(late.store)).toEqual(await versionsIn(early.store));
  });

  it("are made once, when the slowest partition has come past the end of the day", async () => {
    const { learning, tick } = await grown(3);
    await tick(3, [0]);
    expect(await learnNewest(learning)).toBeUndefined();
    await tick(3);
    expect(await learnNewest(learning)).toBe(FIRST_DAY + 2);
    expect(await learnNewest(learning)).toBeUndefined();
  });

  it("are not made of what agents no longer know, but of the next day that is over for all", async () => {
    const { learning, sees, tick, store } = await grown(3);
    await tick(3);
    const ahead = AGENTS.filter((agent) => partitionOf(`default/${agent}`, 2) === 0);
    for (let day = 3; day < 7; day++) await sees(...ahead.flatMap((agent) => dayOf(agent, day)));
    expect(await learnNewest(learning)).toBeUndefined();
    expect(await store.position("groups", 0)).toBe(FIRST_DAY + 1);
    await tick(7);
    expect(await learnNewest(learning)).toBe(FIRST_DAY + 6);
  });

  it("judge from the day after the next on", async () => {
    const { book } = await grown(9);
    const judging = (day: number) => book.groups.versionFor("default", "payers", FIRST_DAY + day)?.epoch;
    expect([judging(8), judging(9), judging(40)]).toEqual([6, 7, 7].map((day) => FIRST_DAY + day));
  });

  it("of eight days are kept", async () => {
    const { store } = await grown(14);
    const names = Object.keys(await versionsIn(store)).filter((name) => name.startsWith("default/payers"));
    expect(names).toHaveLength(8);
  });
});

/** The process is killed while it writes. */
const dying = (store: Store): Store => ({
  ...store,
  commit: () => Promise.reject(new Error("killed")),
});

describe("a learner that is killed", () => {
  it("leaves the versions of before, and the next one makes what is missing", async () => {
    const undisturbed = await grown(9);
    const system = await grown(8);
    await system.tick(8);
    const before = await versionsIn(system.store);
    const killed = { ...system.learning, store: dying(system.store) };
    await expect(learnNewest(killed)).rejects.toThrow("killed");
    expect(await versionsIn(system.store)).toEqual(before);
    expect(await learnNewest(system.learning)).toBe(FIRST_DAY + 7);
    expect((await versionsIn(system.store))[`default/payers ${FIRST_DAY + 7}`]).toBe(
      (await versionsIn(undisturbed.store))[`default/payers ${FIRST_DAY + 7}`],
    );
  });

  it("cannot write once another one has begun", async () => {
    const { learning, tick, store } = await grown(3);
    await tick(3);
    const slow: Store = {
      ...store,
      async commit(lease, chunks, position) {
        await learnNewest(learning);
        await store.commit(lease, chunks, position);
      },
    };
    await expect(learnNewest({ ...learning, store: slow })).rejects.toMatchObject({ code: "fenced" });
    expect(await store.position("groups", 0)).toBe(FIRST_DAY + 2);
  });

  it("leaves agents with an older version, which is said", async () => {
    const system = await grown(9);
    expect(system.book.behindOn(FIRST_DAY + 9)).toBeUndefined();
    expect(system.book.behindOn(FIRST_DAY + 12)).toContain("role learner");
    expect(system.book.groups.versionFor("default", "payers", FIRST_DAY + 12)?.epoch).toBe(FIRST_DAY + 7);
  });

  it("is not missed on the first days of all", async () => {
    const { book } = await days(1);
    expect([0, 1].map((day) => book.behindOn(FIRST_DAY + day))).toEqual([undefined, undefined]);
    expect(book.behindOn(FIRST_DAY + 2)).toContain("never");
  });
});
