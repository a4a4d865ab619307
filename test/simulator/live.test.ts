import { describe, expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { population } from "../../services/simulator/agents.ts";
import { ATTACKS, type AttackKind, type AttackOptions } from "../../services/simulator/attacks.ts";
import { history } from "../../services/simulator/history.ts";
import { DEMO_ATTACKS, live } from "../../services/simulator/live.ts";
import type { SimulatedEvent } from "../../services/simulator/session.ts";

const START = Date.parse("2026-03-13T12:00:00Z");
const OPTIONS = { seed: 7, agents: 24, start: START };
const plan = live(OPTIONS);
const quiet = live({ ...OPTIONS, attacks: [] });
const truthOf = (attack: AttackKind) => plan.truth.find((truth) => truth.attack === attack) ?? plan.truth[0]!;
const sessionOf = (attack: AttackKind) =>
  plan.cues
    .map(({ event }) => event)
    .filter((event) => "session" in event && event.session === truthOf(attack)?.session);
const calls = (events: readonly SimulatedEvent[]) => events.filter((event) => event.kind === "api.called");

describe("the plan", () => {
  it("is the same byte for byte for the same seed", () => {
    expect(JSON.stringify(live(OPTIONS))).toBe(JSON.stringify(plan));
  });

  it("leaves the quiet agents as they were when attacks are added", () => {
    const attacked = new Set(plan.truth.map(({ session }) => session));
    const rest = plan.cues.filter(({ event }) => !("session" in event && attacked.has(event.session ?? "")));
    expect(JSON.stringify(rest)).toBe(JSON.stringify(quiet.cues));
    expect(quiet.truth).toEqual([]);
  });

  it("holds only events that the schema accepts, in time order, no id twice", () => {
    for (const { event } of plan.cues) expect(canonicalLine(Event.parse(event))).toBe(JSON.stringify(event));
    const offsets = plan.cues.map(({ atMs }) => atMs);
    expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
    expect(new Set(plan.cues.map(({ event }) => event.id)).size).toBe(plan.cues.length);
  });

  it("never tells the truth in an event", () => {
    const text = JSON.stringify(plan.cues);
    for (const word of ["attack", "malicious", "injected", "stolen", "truth"])
      expect(text).not.toContain(word);
  });

  it("takes about 25 seconds, in every one of which quiet agents act", () => {
    expect(plan.cues.at(-1)?.atMs).toBeGreaterThan(20_000);
    expect(plan.cues.at(-1)?.atMs).toBeLessThan(26_000);
    const seconds = new Set(quiet.cues.map(({ atMs }) => Math.floor(atMs / 1000)));
    for (let second = 2; second < 25; second++) expect(seconds).toContain(second);
  });

  it("starts the attacks at seconds 3, 8 and 13, on three agents", () => {
    expect(DEMO_ATTACKS.map(({ atMs }) => atMs)).toEqual([3000, 8000, 13_000]);
    expect(new Set(plan.truth.map(({ agent }) => agent)).size).toBe(3);
    for (const { attack, atMs } of DEMO_ATTACKS)
      expect(Date.parse(sessionOf(attack)[0]?.time ?? "")).toBe(START + atMs);
  });

  it("keeps tokens as rare as they are on quiet days", () => {
    const requests = new Map<string, number>();
    for (const { event } of quiet.cues)
      if (event.kind === "token.issued" || event.kind === "token.refreshed")
        requests.set(event.agent.id, (requests.get(event.agent.id) ?? 0) + 1);
    expect(Math.max(...requests.values())).toBeLessThanOrEqual(4);
  });

  it("runs event time faster by its speed", () => {
    const fast = live({ ...OPTIONS, speed: 4 });
    const last = fast.cues.at(-1);
    expect(last?.atMs).toBeLessThan(26_000);
    expect(Date.parse(last?.event.time ?? "") - START).toBe(4 * (last?.atMs ?? 0));
  });

  it("has agents that the history of the same seed knows", () => {
    const known = new Set<string>();
    for (const event of history({ seed: 7, agents: 24, days: 1, end: START }))
      if (event.kind === "api.called") known.add(event.agent.instance ?? "");
    for (const call of calls(quiet.cues.map(({ event }) => event)))
      expect(known).toContain(call.agent.instance);
  });
});

describe("an injected agent", () => {
  const events = calls(sessionOf("injected"));
  const first = events.findIndex(({ id }) => id === truthOf("injected")?.firstEvent);
  const past = calls([...history({ seed: 7, agents: 1, days: 14, end: START })]).filter(
    ({ agent, operation }) =>
      agent.id === truthOf("injected")?.agent &&
      operation.service === events[first]?.operation.service &&
      operation.name === events[first]?.operation.name,
  );

  it("does something tier-2 in the middle of a normal session, which goes on", () => {
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(events.length - 1);
    expect(events[first]?.operation.tier).toBe(2);
  });

  it("has never done it in this workflow, but often in another", () => {
    expect(past.length).toBeGreaterThan(50);
    expect(past.filter(({ workflow }) => workflow === events[first]?.workflow)).toEqual([]);
  });

  it("names a target that is new in a closed slot", () => {
    const [[field, values] = ["", []]] = Object.entries(events[first]?.operation.targets ?? {});
    const known = new Set(past.flatMap(({ operation }) => operation.targets?.[field] ?? []));
    expect(known.size).toBeLessThanOrEqual(4);
    expect(known).not.toContain(values[0]);
    expect(values[0]).toMatch(/@/);
  });
});

describe("a stolen token", () => {
  const events = sessionOf("stolenToken");
  const uses = calls(events);
  const place = ({ agent, network }: (typeof uses)[number]) =>
    [agent.instance, network?.node, network?.ip, network?.asn].join(" ");

  it("is one token, used in turn from two workloads and networks", () => {
    expect(new Set(uses.map(({ token }) => token?.publicId)).size).toBe(1);
    const [a, b, again] = uses.map(place);
    expect(again).toBe(a);
    const parts = [a, b].map((text) => text?.split(" ") ?? []);
    for (const [part, value] of (parts[0] ?? []).entries()) expect(parts[1]?.[part]).not.toBe(value);
    expect(uses[1]?.id).toBe(truthOf("stolenToken")?.firstEvent);
  });

  it("is tried on one service outside its audience, after the return", () => {
    const outside = uses.map(({ operation, token }) => !token?.audience?.includes(operation.service));
    expect(outside.filter(Boolean)).toHaveLength(1);
    expect(outside.indexOf(true)).toBeGreaterThan(2);
  });
});

describe("a refresh loop", () => {
  const events = sessionOf("refreshLoop");

  it("refreshes about every half second, each fresh token being refused first", () => {
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "token.refreshed").length).toBeGreaterThan(20);
    expect(kinds.slice(1)).toEqual(
      kinds.slice(1).map((_, at) => (at % 2 === 0 ? "api.called" : "token.refreshed")),
    );
    for (const call of calls(events)) expect(call.outcome).toEqual({ result: "denied", status: 401 });
    const times = events.filter(({ kind }) => kind === "token.refreshed").map(({ time }) => Date.parse(time));
    for (const [at, time] of times.slice(1).entries()) {
      expect(time - (times[at] ?? 0)).toBeGreaterThan(300);
      expect(time - (times[at] ?? 0)).toBeLessThan(600);
    }
  });

  it("stays in one family of tokens with a normal lifetime", () => {
    const tokens = events.flatMap((event) => (event.kind === "token.refreshed" ? [event.token] : []));
    expect(new Set(tokens.map(({ family }) => family)).size).toBe(1);
    expect(tokens.map(({ generation }) => generation)).toEqual(tokens.map((_, at) => at + 1));
    for (const { issuedAt, expiresAt } of tokens)
      expect(Date.parse(expiresAt ?? "") - Date.parse(issuedAt ?? "")).toBeGreaterThanOrEqual(120_000);
  });
});

describe("every attack", () => {
  const cases = population(7, 6).flatMap((agent) =>
    (Object.keys(ATTACKS) as AttackKind[]).map((attack) => ({ attack, agent, id: agent.id })),
  );

  it.each(cases)("$attack can be made on $id, and its truth names one of its events", ({ attack, agent }) => {
    const options: AttackOptions = { seed: 7, agent, startMs: START, gapMs: 500 };
    const { truth, events } = ATTACKS[attack](options);
    expect(truth).toMatchObject({ attack, agent: agent.id });
    expect(events.map(({ id }) => id)).toContain(truth.firstEvent);
    for (const event of events) Event.parse(event);
  });
});
