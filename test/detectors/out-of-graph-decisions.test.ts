import { describe, expect, it } from "vitest";
import { decodeAgent } from "../../detectors/fold/agent-codec.ts";
import { agentView } from "../../detectors/fold/agent-view.ts";
import { DETECTORS, detectorSettingsOf } from "../../detectors/index.ts";
import { type CallFields, call, DAY, event, type Given, HOUR, type World, world } from "./given.ts";
import { APPROVE, KINDS, LATER, learned, payee, READ, session, transfer } from "./sessions.ts";

const THIEF = "accounts@thief.example.net";
const DELETE: CallFields = { name: "delete_ledger", tier: 1 };
/** A word about agent `a`, said at a time that no event of the history has. */
const said = (verdict: string, decision: object = {}, more: object = {}): Given =>
  event("decision.made", 400 * DAY, { decision: { verdict, by: "ana", ...decision }, ...more });
const release = (name: string, edges?: boolean) => said("release-session", { session: name, edges });
const confirm = (name: string, edges?: boolean) => said("confirm-session", { session: name, edges });
const operation = (one: CallFields) => call(0, one).operation;
const approve = (one: CallFields, more: object = {}) =>
  said("approve-edge", {}, { operation: operation(one), ...more });
const deny = (one: CallFields, more: object = {}) =>
  said("deny-edge", {}, { operation: operation(one), ...more });

const ask = (steps: readonly CallFields[], atMs = LATER, more: object = {}) =>
  session(atMs, steps, { workflow: "Ask", ...more });
const pay = (steps: readonly CallFields[], atMs = LATER) => session(atMs, steps, { workflow: "Pay" });
const nameOf = ([first]: readonly Given[]) => String(first?.session);
const graph = (given: World) => given.view()["out-of-graph"];
const workflow = (given: World, name: string) =>
  graph(given).workflows.find((one) => one.workflow === name) ?? expect.fail(name);
const edge = (given: World, name: string, of: string) =>
  workflow(given, name).operations.find((one) => one.operation === of);
/** Half an hour later every session has ended. */
const quiet = (atMs: number) => ask([READ], atMs);

/** A session in which something was found, ended and held. */
function flagged(given: World, steps: readonly CallFields[], atMs = LATER): string {
  const events = ask(steps, atMs);
  expect(given.finds(...events)).not.toEqual([]);
  given.sees(...quiet(atMs + HOUR));
  return nameOf(events);
}

describe("the holding pen", () => {
  it("keeps a session in which something was found, says until when, and learns nothing of it", () => {
    const given = learned();
    const { sessions } = workflow(given, "Ask");
    const name = flagged(given, [READ, DELETE]);
    expect(graph(given).heldSessions).toEqual([
      {
        session: name,
        workflow: "Ask",
        startedAt: "2026-03-22T00:00:00.000Z",
        until: "2026-04-05T00:00:01.000Z",
        strange: ["erp delete_ledger"],
      },
    ]);
    expect(workflow(given, "Ask")).toMatchObject({ sessions: sessions + 1, withheldSessions: 1 });
  });

  it("keeps nothing of sessions in which nothing was found", () => {
    const given = learned();
    given.sees(...ask([READ]), ...quiet(LATER + HOUR));
    expect(graph(given)).toMatchObject({ heldSessions: [], heldBefore: { crowdedOut: 0 } });
  });

  it("holds the newest eight, counts those that went for them, and drops what waited for two weeks", () => {
    const given = learned();
    const names = Array.from({ length: 10 }, (_, at) => flagged(given, [READ, DELETE], LATER + at * DAY));
    given.reload();
    expect(graph(given).heldSessions.map((held) => held.session)).toEqual(names.slice(2));
    expect(graph(given).heldBefore).toMatchObject({ crowdedOut: 2, expired: 0 });
    given.sees(...quiet(LATER + 20 * DAY));
    expect(graph(given).heldSessions.map((held) => held.session)).toEqual(names.slice(6));
    expect(graph(given).heldBefore).toMatchObject({ crowdedOut: 2, expired: 4 });
  });

  it("lets the oldest of the commonest habit go, so that a new habit leaves room for what else is found", () => {
    const given = learned();
    const wipe: CallFields = { name: "wipe", tier: 1 };
    const single = flagged(given, [READ, wipe]);
    const names = Array.from({ length: 12 }, (_, at) =>
      flagged(given, [READ, DELETE], LATER + (at + 1) * 6 * HOUR),
    );
    expect(graph(given).heldSessions.map((held) => held.session)).toEqual([single, ...names.slice(-7)]);
  });

  it("is empty where the setting says so", () => {
    const given = learned({ "out-of-graph": { heldDays: 0 } });
    flagged(given, [READ, DELETE]);
    expect(graph(given).heldSessions).toEqual([]);
  });
});

describe("a released session", () => {
  it("teaches as of its own day, once, also after its agent was written and read back", () => {
    const given = learned();
    const name = flagged(given, [READ, DELETE, { name: "look" }]);
    const { sessions } = workflow(given, "Ask");
    given.reload();
    given.sees(release(name), release(name));
    expect(workflow(given, "Ask")).toMatchObject({ sessions: sessions + 1, withheldSessions: 0 });
    expect(edge(given, "Ask", "erp look")).toMatchObject({ state: "candidate", sessions: 1, witnesses: 1 });
    expect(graph(given)).toMatchObject({ heldSessions: [], heldBefore: { released: 1 } });
  });

  it("makes nothing sensitive baseline by itself", () => {
    const given = learned();
    for (let at = 0; at < 8; at++) given.sees(release(flagged(given, [READ, DELETE], LATER + at * DAY)));
    expect(edge(given, "Ask", "erp delete_ledger")).toMatchObject({ state: "candidate", sessions: 8 });
    expect(given.finds(...ask([READ, DELETE], LATER + 9 * DAY))).toEqual(["operation-new-to-workflow"]);
  });

  it("is quiet from then on if its edges are approved with it, and only there", () => {
    const given = learned();
    given.sees(release(flagged(given, [READ, DELETE]), true));
    expect(edge(given, "Ask", "erp delete_ledger")).toMatchObject({ state: "pinned", sessions: 1 });
    expect(given.finds(...ask([READ, DELETE], LATER + DAY))).toEqual([]);
    expect(given.finds(...pay([READ, DELETE], LATER + DAY))).toEqual(["operation-new-to-workflow"]);
  });

  it("takes its new target along when its edges are approved", () => {
    const given = learned();
    const events = pay([transfer(THIEF)]);
    expect(given.finds(...events)).toEqual(["target-first-seen"]);
    given.sees(release(nameOf(events), true));
    expect(given.finds(...pay([transfer(THIEF)], LATER + DAY))).toEqual([]);
    expect(given.finds(...pay([transfer("accounts@other.example.net")], LATER + DAY))).toEqual([
      "target-first-seen",
    ]);
  });

  it("may still be alive: then it ends with the word", () => {
    const given = learned();
    const events = ask([READ, DELETE]);
    given.sees(...events);
    const { sessions } = workflow(given, "Ask");
    given.sees(release(nameOf(events)));
    expect(workflow(given, "Ask").sessions).toBe(sessions + 1);
    expect(graph(given).heldSessions).toEqual([]);
  });
});

describe("a confirmed session", () => {
  it("never teaches, also when it is released afterwards", () => {
    const given = learned();
    const name = flagged(given, [READ, DELETE, { name: "look" }]);
    const before = workflow(given, "Ask").sessions;
    given.sees(confirm(name), release(name));
    expect(workflow(given, "Ask").sessions).toBe(before);
    expect(edge(given, "Ask", "erp look")).toBeUndefined();
    expect(graph(given)).toMatchObject({ heldSessions: [], denied: [], heldBefore: { confirmed: 1 } });
  });

  it("has its edges denied if that is asked: each use of them breaks a rule", () => {
    const given = learned();
    const events = ask([READ, transfer(THIEF)]);
    given.sees(...events, confirm(nameOf(events), true));
    expect(graph(given).denied).toEqual([
      { operation: "bank transfer", workflow: "Ask" },
      { operation: "bank transfer", field: "payee", value: THIEF },
    ]);
    expect(given.sees(...ask([READ, transfer(payee(1))], LATER + DAY))).toMatchObject([
      { kind: "edge-denied", evidenceKind: "invariant", severity: "high" },
    ]);
    expect(given.sees(...pay([transfer(THIEF)], LATER + DAY))).toMatchObject([
      {
        kind: "edge-denied",
        summary: `\`bank transfer\` was used with payee \`${THIEF}\`, which a person has denied to this agent.`,
      },
    ]);
    expect(given.finds(...pay([transfer(payee(1))], LATER + DAY))).toEqual([]);
  });
});

describe("approval", () => {
  it("makes a sensitive operation baseline of a workflow at once", () => {
    const given = learned();
    const before = given.view().baselineVersion;
    given.sees(approve(DELETE, { workflow: "Ask" }));
    expect(edge(given, "Ask", "erp delete_ledger")).toMatchObject({ state: "pinned", sessions: 0 });
    expect(given.view().baselineVersion).toBe(before + 1);
    expect(given.finds(...ask([READ, DELETE]))).toEqual([]);
    expect(given.finds(...pay([READ, DELETE]))).toEqual(["operation-new-to-workflow"]);
  });

  it("without a workflow it holds in all of them", () => {
    const given = learned();
    given.sees(approve(DELETE));
    expect(given.finds(...ask([READ, DELETE]), ...pay([READ, DELETE]))).toEqual([]);
    expect(given.finds(...session(LATER, [READ, DELETE]))).toEqual([]);
  });

  it("of a value makes that value known, and says nothing of the operation", () => {
    const given = learned();
    given.sees(approve(transfer(THIEF)));
    expect(given.finds(...pay([transfer(THIEF)]))).toEqual([]);
    expect(given.finds(...ask([READ, transfer(THIEF)]))).toEqual(["operation-new-to-workflow"]);
  });

  it("before the first session lets the agent begin with it", () => {
    const given = world();
    given.sees(approve(DELETE, { workflow: "Ask" }));
    expect(edge(given, "Ask", "erp delete_ledger")).toMatchObject({ state: "pinned" });
  });

  it("moves no clock, opens no session and keeps none alive", () => {
    const given = learned();
    const { clock, sessionCount } = given.agent();
    given.sees(approve(DELETE, { session: "s-1" }));
    expect(given.agent()).toMatchObject({ clock, sessionCount });
    given.sees(...quiet(LATER));
    expect(given.view().liveSessions).toBe(1);
  });
});

describe("an agent that has more names than are remembered", () => {
  it("has nothing approved or denied of those that all stand for one", () => {
    const given = learned();
    for (let index = 0; index < 4100; index++)
      given.sees(...ask([{ name: `invented_${index}` }], LATER + index * 1000));
    const events = ask([DELETE], LATER + 2 * DAY);
    given.sees(...events, release(nameOf(events), true), approve(DELETE), deny(DELETE));
    expect(graph(given).denied).toEqual([]);
    expect(given.finds(...ask([{ name: "wipe", tier: 1 }], LATER + 3 * DAY))).toEqual([
      "operation-new-to-workflow",
    ]);
  });
});

describe("denial", () => {
  it("tells a reading operation, also while learning, once a session", () => {
    const given = world();
    given.sees(deny(READ));
    expect(given.finds(...ask([READ, READ, APPROVE]))).toEqual(["edge-denied"]);
    expect(given.finds(...ask([APPROVE], LATER + DAY))).toEqual([]);
  });

  it("outweighs what was learned, holds through writing and reading back, and ends with approval", () => {
    const given = learned();
    given.sees(deny(APPROVE, { workflow: "Pay" }));
    given.reload();
    expect(edge(given, "Pay", "erp approve")).toMatchObject({ state: "denied" });
    for (let day = 0; day < 8; day++)
      expect(given.finds(...pay([READ, APPROVE], LATER + day * DAY))).toEqual(["edge-denied"]);
    given.sees(approve(APPROVE, { workflow: "Pay" }));
    expect(graph(given).denied).toEqual([]);
    expect(given.finds(...pay(KINDS.Pay(1), LATER + 9 * DAY))).toEqual([]);
  });
});

describe("one trust unit that repeats one edge for ever", () => {
  it.each([
    ["reading", { name: "look" }],
    ["sensitive", DELETE],
  ])("never makes it baseline by itself: %s", (_, step) => {
    const given = learned();
    for (let at = 0; at < 300; at++) {
      const events = ask([READ, step], LATER + at * 8 * HOUR, { trustUnit: "unit-2" });
      given.sees(...events);
    }
    const state = edge(given, "Ask", `erp ${step.name}`)?.state ?? "unknown";
    expect(state).toBe(step === DELETE ? "unknown" : "candidate");
  });
});

describe("the setting sensitive: witnesses", () => {
  it("lets released sessions bring what a reading edge needs", () => {
    const given = learned({ "out-of-graph": { sensitive: "witnesses" } });
    for (let at = 0; at < 6; at++) {
      const events = ask([READ, DELETE], LATER + at * DAY, { trustUnit: `unit-${1 + (at % 2)}` });
      given.sees(...events, release(nameOf(events)));
    }
    given.sees(...quiet(LATER + 7 * DAY));
    expect(edge(given, "Ask", "erp delete_ledger")).toMatchObject({ state: "baseline", witnesses: 2 });
  });
});

describe("an agent that an earlier version wrote", () => {
  it("is read without versions, and goes on", () => {
    const given = learned();
    const last = quiet(LATER);
    // No session is under way, so the columns end with the agent's: one byte of the versions.
    given.sees(...last, release(nameOf(last)));
    const entries = given.encoded();
    const now = entries.get("out-of-graph") ?? expect.fail("nothing is written");
    const before = Uint8Array.from([3, ...now.subarray(1, -1)]);
    expect(now.subarray(-1)).toEqual(Uint8Array.from([0]));
    const settings = detectorSettingsOf({});
    const read = decodeAgent(new Map(entries).set("out-of-graph", before), DETECTORS, settings);
    expect(read?.unreadable).toEqual([]);
    expect(agentView(new Map(entries).set("out-of-graph", before), { detectors: {} })).toEqual(given.view());
  });
});

describe("a denial for which there is no room", () => {
  const denying = (count: number) => {
    const given = world();
    for (let number = 0; number < count; number++)
      given.sees({ ...deny(transfer(`payee-${number}`)), id: `deny-${number}` });
    return given;
  };

  it("is not taken, and is counted; those before it are, and are not", () => {
    const given = denying(256);
    expect([graph(given).denied.length, given.caps.words]).toEqual([256, 0]);
    const more = denying(258);
    expect([graph(more).denied.length, more.caps.words]).toEqual([256, 2]);
  });
});
