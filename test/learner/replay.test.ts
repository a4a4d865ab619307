/** Replay of the days that a running system has lived through: the same sums, so the same findings. */
import { describe, expect, it } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import { DAY, type Given, HOUR } from "../detectors/given.ts";
import { recordings, replayed } from "../replay/recording.ts";
import { ATTACK, dayOf, days, sessionOf, settingsOf } from "./days.ts";

const record = recordings();
const AGENTS = ["ann", "bob", "eve", "joe"];
/** From the tenth day on there is a new agent, which pays a stranger on its second. */
const dayly = (day: number): Given[] =>
  [
    ...AGENTS.flatMap((agent) => dayOf(agent, day)),
    ...(day < 10 ? [] : dayOf("new", day)),
    ...(day === 11 ? sessionOf("new", 11 * DAY + 20 * HOUR, ATTACK) : []),
  ].sort((a, b) => (a.time < b.time ? -1 : 1));
const history = Array.from({ length: 14 }, (_, day) => dayly(day));

/** What does not depend on the key that names were hashed with. */
const told = (findings: readonly Finding[]) =>
  findings
    .map(({ judgedBy: { peerVersion, baseline, settings }, ...finding }) => ({
      ...finding,
      peerVersion,
      baseline,
      settings,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

describe("a replay", () => {
  it("finds what the running system has found, by the same versions of peer groups", async () => {
    const system = await days(3);
    for (const [day, events] of history.entries()) await system.passes(day, ...events);
    const live = told(await system.findings());
    expect(live.map(({ peerVersion }) => peerVersion)).toContain("payers 2026-03-11");
    const { findings } = await replayed([record(history.flat())], { settings: settingsOf({}) });
    expect(told(findings)).toEqual(live);
  });

  it("finds the same when it holds few agents at a time", async () => {
    const settings = settingsOf({});
    const few = { ...settings, processor: { ...settings.processor, maxAgents: 2 } };
    const [all, some] = await Promise.all(
      [settings, few].map((one) => replayed([record(history.flat())], { settings: one })),
    );
    expect(some?.lines).toEqual(all?.lines);
  });

  it("finds nothing by peers where they are switched off", async () => {
    const { findings } = await replayed([record(history.flat())], { settings: settingsOf({ peers: "off" }) });
    expect(findings).toEqual([]);
  });
});
