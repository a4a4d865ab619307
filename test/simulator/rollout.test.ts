import { describe, expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { population } from "../../services/simulator/agents.ts";
import { rollout } from "../../services/simulator/rollout.ts";

const options = {
  seed: 3,
  agents: population(3, 20, "billing"),
  startMs: Date.parse("2026-03-13T10:00:00Z"),
  announced: true,
};

describe("a simulated roll-out", () => {
  it("is told in valid events, in time order, the same for the same seed", () => {
    const events = [...rollout(options)];
    const times = events.map(({ time }) => time);
    expect(times).toEqual(times.toSorted());
    for (const event of events) Event.parse(event);
    expect([...rollout(options)]).toEqual(events);
  });

  it("deploys every agent within half an hour, and is silent about that if it is not announced", () => {
    const deployed = [...rollout(options)].filter(({ kind }) => kind === "identity.changed");
    expect(deployed).toHaveLength(20);
    expect(Math.max(...deployed.map(({ time }) => Date.parse(time)))).toBeLessThan(
      options.startMs + 1_800_000,
    );
    const quiet = [...rollout({ ...options, announced: false })];
    expect(quiet.filter(({ kind }) => kind === "identity.changed")).toEqual([]);
    expect(quiet).toHaveLength([...rollout(options)].length - 20);
  });

  it("lets every instance do three new things with a new version", () => {
    const calls = [...rollout(options)].flatMap((event) => (event.kind === "api.called" ? [event] : []));
    const labels = calls.filter(({ operation }) => operation.name === "add_label");
    expect(labels).toHaveLength(60);
    const versions = new Map(options.agents.map(({ id, version }) => [id, version]));
    for (const { agent } of labels) expect(agent.version).not.toBe(versions.get(agent.id));
  });
});
