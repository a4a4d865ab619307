/** Many agents that move together with a new version: one quiet incident, and nothing is done. */

import { describe, expect, it } from "vitest";
import { CAUSES } from "../../detectors/index.ts";
import type { Incident } from "../../schemas/action.ts";
import type { Finding, NewVersion } from "../../schemas/finding.ts";
import { Settings } from "../../schemas/settings.ts";
import { clock } from "../../services/adapters/clock.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { moveStore } from "../../services/cli/repartition-store.ts";
import { sight, type WatchedGroup } from "../../services/responder/group-rollout.ts";
import { auditEntries, incidents, startResponder } from "../../services/responder/index.ts";
import { openRollouts } from "../../services/responder/rollout-register.ts";
import { finding, MINUTE_MS, misuse, NOW_MS, settings } from "./given.ts";
import { append, emptyPorts, following as followingBy, PARTITIONS } from "./loop.ts";
import { manualClock } from "./manual-clock.ts";

const LABEL = "erp add_label";
const SEND = "bank transfer";

/** What agent `number` does for the first time with version 2. */
function news(number: number, change: Partial<NewVersion> = {}, more: object = {}): Finding {
  const { edge = LABEL, quiet = true } = change;
  const newVersion = {
    version: "2.0",
    parent: "1.4",
    since: new Date(NOW_MS - MINUTE_MS).toISOString(),
    announced: true,
    group: "billing",
    edge,
    quiet,
    ...change,
  };
  const severity = quiet ? "low" : "high";
  const evidence = { operation: edge, trustUnit: `cluster-${number % 3}` };
  return finding(idOf(number, edge), { agent: `billing-${number}`, severity, evidence, newVersion, ...more });
}
const idOf = (number: number, edge: string) => number * 1000 + edge.length;
const agents = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

/** What follows, with a playbook that quarantines whatever is found. */
const following = (findings: readonly Finding[]) => followingBy(findings, acting);
const acting = settings({ when: { minSeverity: "low" } });
const causes = (all: readonly Incident[]) => all.map(({ cause }) => cause);

describe("a roll-out", () => {
  it("that was announced is one quiet incident, and nothing is done", async () => {
    const three = [LABEL, "erp tag", "erp note it"];
    const findings = agents(20).flatMap((number) => three.map((edge) => news(number, { edge })));
    const { all, actions } = await following(findings);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ cause: "rollout", severity: "low", status: "open", findingCount: 60 });
    expect(all[0]?.rollout).toMatchObject({
      versions: ["2.0"],
      parents: ["1.4"],
      edges: three,
      recognised: three,
    });
    expect(all[0]?.rollout?.agents).toHaveLength(20);
    expect(all[0]?.summary).toBe(
      "20 agents of billing run 2.0 instead of 1.4, which was announced. New with it: `erp add_label`, `erp tag`, `erp note it`. So many do `erp add_label`, `erp tag`, `erp note it` that no agent is told of alone. Nothing is done by itself; `offgraph baseline approve-rollout` makes it baseline.",
    );
    expect(actions).toBe(0);
  });

  it("that was not announced is one incident too, which says so", async () => {
    const { all, actions } = await following(agents(20).map((number) => news(number, { announced: false })));
    expect(all).toMatchObject([{ cause: "rollout", findingCount: 20, rollout: { announced: false } }]);
    expect(all[0]?.summary).toContain("which was not announced");
    expect(actions).toBe(0);
  });

  it("of agents that name no group is one of all of them", async () => {
    const { all } = await following(agents(6).map((number) => news(number, { group: undefined })));
    expect(all).toMatchObject([{ cause: "rollout", findingCount: 6 }]);
    expect(all[0]?.rollout?.group).toBeUndefined();
  });

  it("of another group is another incident", async () => {
    const { all } = await following([news(1), news(2, { group: "travel" })]);
    expect(causes(all)).toEqual(["rollout", "rollout"]);
  });

  it("is another one a day later", async () => {
    const time = new Date(NOW_MS + 25 * 60 * MINUTE_MS).toISOString();
    const { all } = await following([news(1), news(2), news(3, {}, { time })]);
    expect(all.map(({ findingCount }) => findingCount).sort()).toEqual([1, 2]);
  });

  it("counts what comes again after a crash once", async () => {
    const { all } = await following([news(1), news(2), news(2)]);
    expect(all).toMatchObject([{ findingCount: 2 }]);
  });

  it("is one for two processes that write at once", async () => {
    const store = memoryStore();
    const [one, other] = [openRollouts(store, PARTITIONS, clock), openRollouts(store, PARTITIONS, clock)];
    const noted = await Promise.all(
      agents(20).map((number) => (number % 2 === 0 ? one : other)(news(number), NOW_MS)),
    );
    expect(new Set(noted.map((rollout) => rollout?.incident)).size).toBe(1);
    expect(Math.max(...noted.map((rollout) => rollout?.findingCount ?? 0))).toBe(20);
  });

  it("outlives a responder that ends between its register and its commit", async () => {
    const { stream, store } = emptyPorts();
    const failing = {
      ...store,
      commit: async (...args: Parameters<typeof store.commit>) => {
        if (args[0].space === "responder") throw new Error("down");
        return store.commit(...args);
      },
    };
    await append(stream, news(1));
    const first = startResponder({
      causes: CAUSES,
      stream,
      store: failing,
      clock: manualClock(NOW_MS),
      settings: acting,
    });
    await expect(first.done).rejects.toThrow("down");
    const { all } = await followingBy([news(2)], acting, { stream, store });
    expect(all).toMatchObject([{ cause: "rollout", agent: "billing-1", findingCount: 2 }]);
  });

  it("is found again when there are more partitions", async () => {
    const { store, all } = await following(agents(7).map((number) => news(number)));
    const [to, stream] = [memoryStore(), memoryStream(7)];
    const whole = Settings.parse({ tenant: "default" });
    await moveStore({ from: store, to, partitions: PARTITIONS, stream, settings: whole });
    const moved = [];
    for await (const one of incidents(to, 7)) moved.push(one);
    expect(moved).toEqual(all);
    expect(moved[0]?.rollout?.agents).toHaveLength(7);
  });

  it("is kept within bounds: the newest hundred of a tenant, and groups that were heard of in a day", async () => {
    const store = memoryStore();
    const rolloutOf = openRollouts(store, 1, clock);
    const kept = async () => {
      const names: string[] = [];
      for await (const [name] of store.scan("responder-fleet", 0)) names.push(name.split("\n")[0] ?? "");
      return ["fleets", "fleet", "rollout"].map((kind) => names.filter((name) => name === kind).length);
    };
    for (const number of agents(300)) await rolloutOf(news(number, { group: `group-${number}` }), NOW_MS);
    expect(await kept()).toEqual([1, 256, 100]);
    await rolloutOf(news(300, { group: "group-300" }), NOW_MS + 60 * MINUTE_MS);
    expect(await kept()).toEqual([1, 256, 100]);
    await rolloutOf(news(301, { group: "group-301" }), NOW_MS + 24 * 60 * MINUTE_MS);
    expect(await kept()).toEqual([1, 2, 100]);
  });

  it("is kept within bounds: a thousand agents, twenty edges, a thousand first uses", () => {
    let group: WatchedGroup = { sightings: [] };
    for (const number of agents(3000))
      group = sight(group, news(number, { edge: `erp step-${number % 50}`, peerAgents: 3000 }), NOW_MS).group;
    expect(group.sightings.length).toBeLessThanOrEqual(1024);
    expect(group.rollout).toMatchObject({ findingCount: 3000 });
    expect(group.rollout?.agents).toHaveLength(1000);
    expect(group.rollout?.edges).toHaveLength(20);
    expect(group.rollout?.findings).toHaveLength(100);
  });

  it("is audited for every agent", async () => {
    const { store } = await following([news(1), news(2), news(3)]);
    const told: string[] = [];
    for (let at = 0; at < PARTITIONS; at++)
      for await (const { record } of auditEntries(store, at)) told.push(record.what);
    expect(told.sort()).toEqual(["finding.attached", "finding.attached", "incident.opened"]);
  });
});

describe("what is sensitive in a roll-out", () => {
  const sends = (number: number, change: Partial<NewVersion> = {}) =>
    news(number, { edge: SEND, quiet: false, ...change });

  it("is told in full when one agent alone does it", async () => {
    const attack = sends(7, { edge: "bank transfer payee=thief@example.net" });
    const { all, actions } = await following([...agents(20).map((number) => news(number)), attack]);
    expect(causes(all).sort()).toEqual(["left-its-graph", "rollout"]);
    const loud = all.find(({ cause }) => cause !== "rollout");
    expect(loud).toMatchObject({ agent: "billing-7", severity: "high", actions: [{ kind: "quarantine" }] });
    expect(actions).toBe(1);
  });

  it("joins it once five agents of two trust units do it within an hour", async () => {
    const { all, actions } = await following(agents(20).map((number) => sends(number)));
    expect(causes(all).filter((cause) => cause === "left-its-graph")).toHaveLength(4);
    const quiet = all.find(({ cause }) => cause === "rollout");
    expect(quiet).toMatchObject({ severity: "medium", findingCount: 16, rollout: { recognised: [SEND] } });
    expect(actions).toBe(4);
  });

  it("does not join it when all of them are of one trust unit, or come one a quarter of an hour", async () => {
    const one = agents(8).map((number) => sends(number, {}));
    const sameUnit = one.map((each) => ({ ...each, evidence: { ...each.evidence, trustUnit: "cluster-0" } }));
    expect(causes((await following(sameUnit)).all)).toEqual(Array(8).fill("left-its-graph"));
    const slow = one.map((each, index) => ({
      ...each,
      time: new Date(NOW_MS + index * 16 * MINUTE_MS).toISOString(),
    }));
    expect(causes((await following(slow)).all)).toEqual(Array(8).fill("left-its-graph"));
  });

  it("waits for three tenths of a group whose size is known", async () => {
    const { all } = await following(agents(20).map((number) => sends(number, { peerAgents: 50 })));
    expect(causes(all).filter((cause) => cause === "left-its-graph")).toHaveLength(14);
  });
});

describe("what is no roll-out", () => {
  it("is a campaign: many agents do the same without a new version, and each is told in full", async () => {
    const campaign = agents(20).map((number) =>
      finding(number, {
        agent: `billing-${number}`,
        evidence: { operation: LABEL, trustUnit: `cluster-${number % 3}` },
      }),
    );
    const { all, actions } = await following(campaign);
    expect(causes(all)).toEqual(Array(20).fill("left-its-graph"));
    expect(actions).toBeGreaterThan(0);
  });

  it("is a broken rule of tokens, whatever version runs", async () => {
    const { newVersion } = news(3);
    const broken = misuse(99, { agent: news(3).agent, newVersion });
    const { all, actions } = await following([...agents(6).map((number) => news(number)), broken]);
    expect(causes(all).sort()).toEqual(["rollout", "token-misuse"]);
    expect(actions).toBe(1);
  });
});
