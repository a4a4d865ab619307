import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { EventView } from "../../schemas/event-view.ts";
import { Settings } from "../../schemas/settings.ts";
import { createJudge } from "../../services/judge.ts";
import type { Entries } from "../../services/ports/store.ts";
import { population } from "../../services/simulator/agents.ts";
import { ATTACKS, type AttackKind } from "../../services/simulator/attacks.ts";
import { history } from "../../services/simulator/history.ts";
import { random } from "../../services/simulator/random.ts";
import type { SimulatedEvent } from "../../services/simulator/session.ts";
import { recordings, replayed, shuffled } from "./recording.ts";

const SEED = 5;
const END = Date.parse("2026-03-13T12:00:00Z");
const record = recordings();
const byTime = (one: SimulatedEvent, other: SimulatedEvent) =>
  one.time < other.time ? -1 : one.time > other.time ? 1 : 0;

/** Quiet days of some agents, and attacks on the first three an hour before their end. */
function telemetry(agents: number, days: number) {
  const quiet = [...history({ seed: SEED, agents, days, end: END })];
  const attacks = population(SEED, 3).flatMap((agent, at) =>
    (Object.keys(ATTACKS) as AttackKind[]).flatMap((kind, index) => {
      const options = {
        seed: SEED,
        agent,
        startMs: END - 3_600_000 + (at * 3 + index) * 240_000,
        gapMs: 700,
      };
      return ATTACKS[kind](options).events;
    }),
  );
  return { quiet, attacks: attacks.toSorted(byTime), all: [...quiet, ...attacks].sort(byTime) };
}
const { quiet, attacks, all } = telemetry(6, 4);
const STARTED = new Date(END - 3_600_000).toISOString();
/** What was before the attacks: an agent that has learned from later events takes earlier ones for late. */
const before = quiet.filter(({ time }) => time < STARTED);

describe("a replay", () => {
  it("finds the same twice, byte for byte", async () => {
    const [once, twice] = [await replayed([record(all)]), await replayed([record(all)])];
    expect(once.lines.length).toBeGreaterThan(3);
    expect(twice.lines).toEqual(once.lines);
    expect(once.figures).toMatchObject({
      events: all.length,
      rejected: 0,
      duplicates: 0,
      late: 0,
      findings: once.lines.length,
      agents: 6,
    });
  });

  it("finds the same when events come late, within the lateness, and one in twenty comes twice", async () => {
    const once = await replayed([record(all)]);
    const mixed = shuffled(all, random(1, "arrival"), 0.05);
    const again = await replayed([record(mixed)]);
    expect(again.lines).toEqual(once.lines);
    expect(again.figures).toMatchObject({
      events: mixed.length,
      duplicates: mixed.length - all.length,
      late: 0,
    });
    expect(mixed.length - all.length).toBeGreaterThan(all.length / 30);
  });

  it("merges several files by event time", async () => {
    const once = await replayed([record(all)]);
    const agents = [...new Set(all.map((event) => ("agent" in event ? event.agent.id : "")))];
    const files = [0, 1, 2].map((file) =>
      all.filter((event) => "agent" in event && agents.indexOf(event.agent.id) % 3 === file),
    );
    const merged = await replayed(files.map((events) => record(events)));
    expect(merged.lines).toEqual(once.lines);
    const sessions = [0, 1].map((file) =>
      all.filter((event) => (("session" in event && event.session) || "").charCodeAt(3) % 2 === file),
    );
    expect((await replayed(sessions.map((events) => record(events)))).lines).toEqual(once.lines);
  });

  it("learns first and in silence, and counts only what it then judges", async () => {
    const { figures, findings } = await replayed([record(attacks)], {
      learn: [record([...before, ...before.slice(-5)])],
    });
    expect(findings.length).toBeGreaterThan(3);
    expect(findings.every(({ time }) => time >= STARTED)).toBe(true);
    expect(figures).toMatchObject({
      events: attacks.length,
      findings: findings.length,
      duplicates: 0,
      agents: 6,
    });
    const unlearned = await replayed([record(attacks)]);
    expect(unlearned.findings.filter(({ detector }) => detector === "out-of-graph")).toEqual([]);
    expect(findings.some(({ detector }) => detector === "out-of-graph")).toBe(true);
  });

  it("goes on from an exported baseline, whatever positions it held", async () => {
    const learned = await replayed([record(attacks)], { learn: [record(before)] });
    const baseline = await learnedEntries(before);
    expect((await replayed([record(attacks)], { baseline })).lines).toEqual(learned.lines);
  });

  it("finds the same when it may hold only a few agents at a time", async () => {
    const many = telemetry(16, 5);
    const all = await replayed([record(many.all)]);
    const few = await replayed([record(many.all)], { maxAgents: 3 });
    expect(many.all.length).toBeGreaterThan(2 * 16_384);
    expect(all.lines.length).toBeGreaterThan(3);
    expect(few.lines).toEqual(all.lines);
    expect(few.figures.agents).toBe(16);
  });

  it("tells of a file that ends too early, and keeps what came before", async () => {
    const whole = gzipSync(all.map((event) => JSON.stringify(event)).join("\n"));
    const { fault, figures } = await replayed([record(whole.subarray(0, whole.length >> 1), "ndjson.gz")]);
    expect(fault).toMatchObject({ code: "file-truncated" });
    expect(figures.events).toBeGreaterThan(100);
    expect(figures.events).toBeLessThan(all.length);
  });

  it("says how far it has come", async () => {
    const told: [number, number, number][] = [];
    await replayed([record(all)], { onProgress: (...one) => told.push(one) });
    const [done, total, events] = told.at(-1) ?? [0, 0, 0];
    expect([done, events]).toEqual([total, all.length]);
  });

  it("answers nothing for nothing", async () => {
    expect(await replayed([record([])])).toMatchObject({ lines: [], figures: { events: 0, agents: 0 } });
    expect(await replayed([])).toMatchObject({ lines: [], figures: { events: 0 } });
  });
});

/** The stored entries of all agents after these events, with the positions of another log. */
async function learnedEntries(events: readonly object[]): Promise<Entries[]> {
  const judge = createJudge(Settings.parse({}), "test");
  const [input, set] = [record(events), workingSet(DETECTORS)];
  let position = 7_000_000;
  while (await input.fill()) {
    while (input.nextTime() < Number.POSITIVE_INFINITY) {
      const slot = input.take();
      judge.fold.step(set, new EventView(input.columns).move(slot), position++, () => undefined);
      input.free(slot);
    }
  }
  return [...set.agents.values()].map((agent) => encodeAgent(agent, DETECTORS, set));
}
