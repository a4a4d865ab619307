/** Twenty agents of a group get a new version within half an hour: events of the simulator through fold and responder. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import { population } from "../../services/simulator/agents.ts";
import { ATTACKS } from "../../services/simulator/attacks.ts";
import { sends } from "../../services/simulator/domain.ts";
import { merge } from "../../services/simulator/heap.ts";
import { history, isEarlier } from "../../services/simulator/history.ts";
import { type RolloutOptions, rollout } from "../../services/simulator/rollout.ts";
import type { SimulatedEvent } from "../../services/simulator/session.ts";
import { world } from "../detectors/given.ts";
import { settings } from "../responder/given.ts";
import { following } from "../responder/loop.ts";

const SEED = 5;
const AGENTS = 20;
/** A Friday, ten in the morning. */
const START = Date.parse("2026-03-13T10:00:00Z");
const MINUTE = 60_000;
const agents = population(SEED, AGENTS, "billing");
/** A playbook that quarantines for whatever is at least medium. */
const acting = settings({ when: { minSeverity: "medium" } }, { maxAgeMs: 1_000_000_000_000 });
const quietDays = [...history({ seed: SEED, agents: AGENTS, days: 4, end: START, domain: "billing" })];

const rolled = (change: Partial<RolloutOptions> = {}) => [
  ...rollout({ seed: SEED, agents, startMs: START, announced: true, ...change }),
];

/** What is found in events that come after the quiet days. */
function found(events: readonly SimulatedEvent[]): Finding[] {
  const given = world();
  for (const event of quietDays) given.sees(event);
  return given.sees(...merge([events.values()], isEarlier));
}

const sha = (findings: readonly Finding[]) =>
  createHash("sha256").update(JSON.stringify(findings)).digest("hex");

describe("a roll-out to twenty agents", () => {
  const announced = found(rolled());

  it("that is announced makes one quiet incident, and nobody is quarantined", async () => {
    expect(announced.length).toBeGreaterThan(60);
    expect(new Set(announced.map(({ severity }) => severity))).toEqual(new Set(["low"]));
    const { all, actions } = await following(announced, acting);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ cause: "rollout", severity: "low", findingCount: announced.length });
    expect(all[0]?.rollout).toMatchObject({ group: "billing", announced: true });
    expect(all[0]?.rollout?.agents).toHaveLength(20);
    expect(actions).toBe(0);
  });

  it("that nobody announces makes one too, which says so", async () => {
    const { all, actions } = await following(found(rolled({ announced: false })), acting);
    expect(all).toMatchObject([{ cause: "rollout", severity: "low", rollout: { announced: false } }]);
    expect(actions).toBe(0);
  });

  it("gives the same findings when it is replayed", () => {
    expect(sha(found(rolled()))).toBe(sha(announced));
  });

  it("does not hide an agent that is hijacked in the middle of it", async () => {
    const [agent] = agents.slice(7);
    if (agent === undefined) throw new Error("there is no such agent");
    const hijacked = { ...agent, version: "9.0.0" };
    const attack = ATTACKS.injected({
      seed: SEED,
      agent: hijacked,
      startMs: START + 20 * MINUTE,
      gapMs: 500,
    });
    const both = [...merge([rolled({ version: "9.0.0" }).values(), attack.events.values()], isEarlier)];
    const { all, actions } = await following(found(both), acting);
    const loud = all.filter(({ cause }) => cause !== "rollout");
    expect(loud).toMatchObject([{ agent: agent.id, cause: "left-its-graph", severity: "high" }]);
    expect(all).toHaveLength(2);
    expect(actions).toBe(1);
  });

  it("that is rolled back leaves the version before it as it was", () => {
    const version = agents[0]?.version ?? "";
    const back = rolled({ version, startMs: START + 120 * MINUTE, announced: false });
    const after = back.map((event) => ({ ...event, id: `${event.id}-back` }));
    const findings = found([...rolled(), ...after]);
    const again = findings.filter(
      ({ time, agent }) => time > (after[0]?.time ?? "") && agent === agents[0]?.id,
    );
    expect(again.length).toBeGreaterThan(0);
    for (const { severity, newVersion } of again)
      expect([severity, newVersion]).toEqual(["medium", undefined]);
  });
});

describe("the same without a new version", () => {
  it("is a campaign: every agent is told in full", async () => {
    const campaign = agents.flatMap((agent) =>
      rolled({ agents: [agent], version: agent.version, announced: false }),
    );
    const findings = found(campaign);
    const { all, actions } = await following(findings, acting);
    expect(all).toHaveLength(20);
    for (const one of all) expect(one).toMatchObject({ cause: "left-its-graph", severity: "medium" });
    // The tenant's bucket is empty after ten agents.
    expect(actions).toBe(10);
  });
});

describe("a roll-out that brings something sensitive", () => {
  it("is told in full for the first agents, and then together", async () => {
    const steps = [sends("payments", "refund", "ledger")];
    const { all, actions } = await following(found(rolled({ steps })), acting);
    expect(all.filter(({ cause }) => cause === "left-its-graph").length).toBe(4);
    expect(all.filter(({ cause }) => cause === "rollout")).toMatchObject([{ severity: "medium" }]);
    expect(actions).toBe(4);
  });
});
