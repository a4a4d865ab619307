import { describe, expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { describe as describeEvents } from "../../services/simulator/describe.ts";
import { type HistoryOptions, history } from "../../services/simulator/history.ts";
import type { SimulatedEvent } from "../../services/simulator/session.ts";

const END = Date.parse("2026-03-13T12:00:00Z");
const OPTIONS: HistoryOptions = { seed: 7, agents: 6, days: 3, end: END };
const lines = (options: HistoryOptions) => Array.from(history(options), (event) => JSON.stringify(event));
const events = [...history(OPTIONS)];
const ofKind = <Kind extends SimulatedEvent["kind"]>(kind: Kind) =>
  events.filter((event): event is Extract<SimulatedEvent, { kind: Kind }> => event.kind === kind);

describe("the history of quiet agents", () => {
  it("is the same byte for byte for the same seed, and another for another seed", () => {
    expect(lines(OPTIONS)).toEqual(events.map((event) => JSON.stringify(event)));
    expect(lines({ ...OPTIONS, seed: 8 })).not.toEqual(lines(OPTIONS));
  });

  it("leaves the agents as they were when more are added", () => {
    const agents = new Set(events.map((event) => ("agent" in event ? event.agent.id : "")));
    const more = [...history({ ...OPTIONS, agents: 9 })];
    const same = more.filter((event) => "agent" in event && agents.has(event.agent.id));
    expect(same).toEqual(events);
    expect(more.length).toBeGreaterThan(events.length);
  });

  it("holds only events that the schema accepts, in the form that the log has", () => {
    for (const event of events) expect(canonicalLine(Event.parse(event))).toBe(JSON.stringify(event));
  });

  it("is in time order within its days, and no id comes twice", () => {
    const times = events.map(({ time }) => Date.parse(time));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBe(END - 3 * 86_400_000);
    expect(times.at(-1)).toBeLessThan(END);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it("comes lazily", () => {
    const first = history({ ...OPTIONS, agents: 6, days: 3650 }).next();
    expect(first.done).toBe(false);
  });

  it("spreads each agent over three trust units, networks and instances", () => {
    const calls = ofKind("api.called").filter(({ agent }) => agent.id === "billing-01");
    const distinct = (of: (call: (typeof calls)[number]) => unknown) => new Set(calls.map(of)).size;
    expect(distinct(({ trustUnit }) => trustUnit)).toBe(3);
    expect(distinct(({ network }) => network?.ip)).toBe(3);
    expect(distinct(({ network }) => network?.asn)).toBe(3);
    expect(distinct(({ agent }) => agent.instance)).toBe(3);
  });
});

describe("tokens in the history", () => {
  it("are issued before they are used, and used before they expire, for their audience", () => {
    const issued = new Map<string | undefined, SimulatedEvent>();
    for (const event of events) {
      if (event.kind === "token.issued" || event.kind === "token.refreshed")
        issued.set(event.token.publicId, event);
      if (event.kind !== "api.called") continue;
      expect(issued.has(event.token?.publicId)).toBe(true);
      expect(event.time < (event.token?.expiresAt ?? "")).toBe(true);
      expect(event.token?.audience).toContain(event.operation.service);
    }
  });

  it("are refreshed at 70 % of their lifetime or later, one generation after another", () => {
    const tokens = new Map(
      [...ofKind("token.issued"), ...ofKind("token.refreshed")].map(({ token }) => [token.publicId, token]),
    );
    const refreshed = ofKind("token.refreshed");
    expect(refreshed.length).toBeGreaterThan(100);
    for (const { time, token } of refreshed) {
      const parent = tokens.get(token.parent);
      const [from, to] = [Date.parse(parent?.issuedAt ?? ""), Date.parse(parent?.expiresAt ?? "")];
      expect((Date.parse(time) - from) / (to - from)).toBeGreaterThanOrEqual(0.7);
      expect(token.family).toBe(parent?.family);
      expect(token.generation).toBe((parent?.generation ?? Number.NaN) + 1);
    }
  });
});

describe("exploration", () => {
  const late = (options: Partial<HistoryOptions>) =>
    describeEvents(history({ ...OPTIONS, days: 14, ...options })).newOperations.filter(
      ({ fromSession }) => fromSession >= 50,
    );

  it("brings hardly a new read and no new write by default", () => {
    for (const { any, sensitive } of late({})) {
      expect(any).toBeLessThan(0.006);
      expect(sensitive).toBe(0);
    }
  });

  it("brings as many as it is told to", () => {
    const shares = late({ exploration: { reads: 0.05, writes: 0.05 } });
    for (const { sensitive } of shares.slice(0, 1)) expect(sensitive).toBeGreaterThan(0.01);
  });
});

it("describes sessions, gaps and the variety of operations", () => {
  const described = describeEvents(events);
  expect(described.events).toBe(events.length);
  expect(described.agents).toBe(6);
  expect(described.sessionLength.median).toBeGreaterThanOrEqual(4);
  expect(described.sessionLength.p95).toBeGreaterThan(described.sessionLength.median);
  expect(described.gapSeconds.median).toBeGreaterThan(0.5);
  expect(described.gapSeconds.p99).toBeGreaterThan(20);
  expect(described.operationEntropyBits).toBeGreaterThan(2.5);
  expect(described.newOperations[0]?.any).toBeGreaterThan(0.15);
});
