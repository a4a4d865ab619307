import { describe, expect, it } from "vitest";
import { type CallFields, DAY, HOUR, MINUTE, START, type World, world } from "./given.ts";
import { APPROVE, history, KINDS, LATER, learned, payee, READ, session, transfer } from "./sessions.ts";

const ask = (steps: readonly CallFields[], atMs = LATER) => session(atMs, steps, { workflow: "Ask" });
const pay = (steps: readonly CallFields[], atMs = LATER) => session(atMs, steps, { workflow: "Pay" });
const DELETE: CallFields = { name: "delete_ledger", tier: 1 };
const graphOf = (given: World) => given.view()["out-of-graph"];
// biome-ignore lint/suspicious/noExplicitAny: JSON for people, looked into by tests
const workflowOf = (given: World, name: string): any => graphOf(given).workflows.find(({ workflow }: { workflow: string }) => workflow === name);
const operationOf = (given: World, workflow: string, operation: string) =>
  workflowOf(given, workflow).operations.find((one: { operation: string }) => one.operation === operation);

describe("a sensitive operation that the workflow has never used", () => {
  it("is a finding at its first use, and says what was expected", () => {
    const given = learned();
    const events = ask([READ, APPROVE, { name: "search" }]);
    expect(given.finds(...events.slice(0, 1))).toEqual([]);
    const [finding] = given.sees(...events.slice(1, 2));
    expect(finding).toMatchObject({
      kind: "operation-new-to-workflow",
      severity: "medium",
      evidenceKind: "fact",
      workflow: "Ask",
      session: events[0]?.session,
      time: new Date(START + LATER + 1000).toISOString(),
      eventIds: [events[1]?.id],
      evidence: { operation: "erp approve", tier: 1, workflow: "Ask", sessions: 61, trustUnits: 3 },
    });
    expect(finding?.summary).toBe("`erp approve` was used, which workflow `Ask` has never used.");
    expect(finding?.expected).toContain("workflow `Ask` never used it. Expected next here: `erp search` 100 %");
    expect(given.finds(...events.slice(2))).toEqual([]);
  });

  it("stays quiet in the workflow that it belongs to", () => {
    expect(learned().finds(...pay([READ, APPROVE, transfer(payee(1))]))).toEqual([]);
  });

  it("is told once in a session, however often it is used", () => {
    expect(learned().finds(...ask([READ, APPROVE, APPROVE, APPROVE]))).toEqual(["operation-new-to-workflow"]);
  });

  it("stays quiet when it only reads", () => {
    expect(learned().finds(...ask([READ, { name: "read_ledger" }]))).toEqual([]);
  });

  it("is of high severity when the target is new to the agent too", () => {
    const findings = learned().sees(...ask([READ, transfer("thief@example.net")]));
    expect(findings).toMatchObject([{ kind: "operation-and-target-new", severity: "high", evidence: { targets: ["payee=thief@example.net"] } }]);
    expect(findings[0]?.summary).toBe("`bank transfer` was used, which workflow `Ask` has never used, on payee `thief@example.net`, never seen before.");
  });

  it("stays of medium severity when the target is one that the agent knows", () => {
    expect(learned().finds(...ask([READ, transfer(payee(1))]))).toEqual(["operation-new-to-workflow"]);
  });
});

describe("a session whose workflow cannot speak", () => {
  it("is judged by the agent's own graph when it declares no workflow", () => {
    const findings = learned().sees(...session(LATER, [READ, DELETE]));
    expect(findings).toMatchObject([{ kind: "operation-new-to-agent", severity: "medium", evidence: { workflow: "(none declared)" } }]);
    expect(findings[0]?.summary).toBe("`erp delete_ledger` was used, which this agent has never used.");
    expect(learned().finds(...session(LATER, [READ, APPROVE, transfer(payee(1))]))).toEqual([]);
  });

  it("is judged by it too while its workflow is still learning", () => {
    expect(learned().finds(...session(LATER, [READ, DELETE], { workflow: "New" }))).toEqual(["operation-new-to-agent"]);
    expect(learned().finds(...session(LATER, [READ, APPROVE], { workflow: "New" }))).toEqual([]);
  });

  it("is judged by nothing while the agent is learning", () => {
    const given = world();
    given.sees(...history(9));
    expect(given.finds(...session(DAY, [READ, DELETE, transfer("thief@example.net")]))).toEqual([]);
  });
});

describe("a target that was never seen", () => {
  it("is a finding in a closed slot of a sensitive operation", () => {
    const findings = learned().sees(...pay([READ, APPROVE, transfer("thief@example.net")]));
    expect(findings).toMatchObject([{ kind: "target-first-seen", severity: "medium", evidence: { operation: "bank transfer", draws: 60, knownValues: 3, targets: ["payee=thief@example.net"] } }]);
    expect(findings[0]?.summary).toBe("`bank transfer` was used on payee `thief@example.net`, never seen before there.");
    expect(findings[0]?.expected).toBe("In 60 sessions with a value there it used 3 different ones; a new one is expected in 1.6 % of sessions.");
  });

  it("stays quiet in an open slot, for what is no identifier, and for an operation that reads", () => {
    const given = world();
    const work = (index: number): CallFields[] => [
      { name: "look_up", targets: { customer: ["customer-77@example.org"] } },
      { name: "post", tier: 1, targets: { case: [`case-${10_000 + index}`], tone: ["friendly"] } },
    ];
    for (let index = 0; index < 60; index++) given.sees(...session(index * HOUR, work(index), { workflow: "Post", trustUnit: `unit-${index % 2}` }));
    const last: CallFields[] = [
      { name: "look_up", targets: { customer: ["somebody-else@example.org"] } },
      { name: "post", tier: 1, targets: { case: ["case-99999"], tone: ["stern"] } },
    ];
    expect(given.finds(...session(LATER, last, { workflow: "Post" }))).toEqual([]);
    expect(given.finds(...session(LATER + DAY, [{ name: "post", tier: 1, targets: { tone: ["stern@example.org"] } }], { workflow: "Post" }))).toEqual(["target-first-seen"]);
  });

  it("stays quiet while the slot has been drawn from fewer than ten times", () => {
    const drawn = (times: number) => {
      const given = world();
      const mail = (to?: string): CallFields => ({ name: "mail", tier: 1, ...(to === undefined ? {} : { targets: { to: [to] } }) });
      for (let index = 0; index < 60; index++)
        given.sees(...session(index * HOUR, [mail(index < times ? `desk-${index % 2}@example.com` : undefined)], { workflow: "Mail", trustUnit: `unit-${(index >> 1) % 2}` }));
      return given.finds(...session(LATER, [mail("thief@example.net")], { workflow: "Mail" }));
    };
    expect(drawn(9)).toEqual([]);
    expect(drawn(40)).toEqual(["target-first-seen"]);
  });

  /** Payments to two payees, and to a third one in the sessions that are named, by trust unit. */
  function payments(third: Readonly<Record<number, string>>): World {
    const given = world();
    for (let index = 0; index < 100; index++) {
      const to = third[index] === undefined ? payee(index % 2) : payee(7);
      given.sees(...session(index * HOUR, [transfer(to)], { workflow: "Pay", trustUnit: third[index] ?? `unit-${1 + ((index >> 1) % 2)}` }));
    }
    return given;
  }

  it("is told as such when it was used before, but by too few trust units", () => {
    const findings = payments({ 10: "unit-1", 12: "unit-1" }).sees(...session(LATER, [transfer(payee(7))], { workflow: "Pay" }));
    expect(findings.map(({ summary }) => summary)).toEqual(["`bank transfer` was used on payee `accounts@supplier-7.example.com`, seen in 2 sessions of too few trust units there."]);
  });

  it("stays quiet about a value that comes to its second trust unit while the slot is not yet settled", () => {
    const given = payments({ 10: "unit-1", 12: "unit-1", 16: "unit-1", 30: "unit-2" });
    expect(given.finds(...session(LATER, [transfer(payee(7))], { workflow: "Pay" }))).toEqual([]);
  });
});

describe("learning", () => {
  const reasons = (given: World) => [graphOf(given).agent.mode, graphOf(given).agent.reason];

  it("begins with what is missing, and ends as soon as history suffices", () => {
    const given = world();
    given.sees(...session(0, KINDS.Pay(0), { workflow: "Pay" }));
    expect(reasons(given)).toEqual(["learning", "not enough history: 0 of 20 sessions"]);
    given.sees(...history(9, HOUR));
    expect(reasons(given)).toEqual(["learning", "not enough history: 18 of 20 sessions"]);
    given.sees(...history(40, DAY));
    expect(reasons(given)).toEqual(["shadow", "named facts speak; scores wait for calibration"]);
    expect(["Pay", "Ask"].map((name) => workflowOf(given, name).mode)).toEqual(["shadow", "shadow"]);
  });

  it("goes on while sensitive operations appear that only one session has used", () => {
    const given = world();
    const explore = (index: number) => session(index * HOUR, [READ, { name: `change_${index}`, tier: 1 }], { workflow: "Explore", trustUnit: `unit-${index % 3}` });
    given.sees(...Array.from({ length: 40 }, (_, index) => explore(index)).flat(), ...session(LATER, [READ], { workflow: "Explore" }));
    expect(workflowOf(given, "Explore")).toMatchObject({ mode: "learning", reason: "still finding new sensitive operations: forecast 100.0 % of sessions, 2 % allowed" });
    expect(graphOf(given).agent.alertsOn).toEqual(["token invariants only"]);
  });

  it("goes on while one trust unit alone uses a sensitive operation", () => {
    const given = world();
    const odd = (index: number) => session(index * HOUR, index % 3 === 0 ? [READ, DELETE] : [READ], { workflow: "Odd", trustUnit: index % 3 === 0 ? "unit-1" : "unit-2" });
    given.sees(...Array.from({ length: 40 }, (_, index) => odd(index)).flat(), ...session(LATER, [READ], { workflow: "Odd" }));
    expect(workflowOf(given, "Odd")).toMatchObject({ mode: "learning", reason: "35.0 % of sessions used a sensitive operation that too few trust units have used, 2 % allowed" });
  });

  it("goes on for the agent while much of its work is in workflows that are learning", () => {
    const given = world();
    const short = (index: number) => session(index * HOUR, [READ], { workflow: `Short ${index % 4}`, trustUnit: `unit-${index % 3}` });
    given.sees(...Array.from({ length: 41 }, (_, index) => short(index)).flat());
    expect(reasons(given)).toEqual(["learning", "100 % of sessions belong to workflows that are still learning"]);
  });

  it("takes nothing from a session in which something was found, however often it comes", () => {
    const given = learned();
    const before = workflowOf(given, "Ask").sessions;
    for (let day = 0; day < 12; day++) {
      const attack = session(LATER + day * DAY, [READ, APPROVE], { workflow: "Ask", trustUnit: `unit-${1 + (day % 3)}` });
      expect(given.finds(...attack)).toEqual(["operation-new-to-workflow"]);
    }
    given.sees(...ask([READ], LATER + 13 * DAY));
    expect(workflowOf(given, "Ask")).toMatchObject({ sessions: before + 1, withheldSessions: 12 });
    expect(operationOf(given, "Ask", "erp approve")).toBeUndefined();
  });

  it("makes a new reading operation baseline after five sessions on two days from two trust units", () => {
    const given = learned();
    const look = (index: number, unit: string) => session(LATER + index * 8 * HOUR, [READ, { name: "look" }], { workflow: "Ask", trustUnit: unit });
    given.sees(...[0, 1, 2, 3, 4, 5].flatMap((index) => look(index, "unit-1")));
    expect(operationOf(given, "Ask", "erp look")).toMatchObject({ state: "candidate", sessions: 5, witnesses: 1 });
    given.sees(...look(6, "unit-2"), ...look(9, "unit-1"));
    expect(operationOf(given, "Ask", "erp look")).toMatchObject({ state: "baseline", witnesses: 2 });
  });

  it("never makes a sensitive operation baseline by itself once it has ended", () => {
    const given = learned();
    // In a workflow that is still learning the agent as a whole knows the operation, so nothing is found.
    for (let index = 0; index < 15; index++) given.sees(...session(LATER + index * 8 * HOUR, [READ, { name: "note", tier: 0 }], { workflow: "Ask", trustUnit: `unit-${index % 3}` }));
    const [finding] = given.sees(...ask([{ name: "note", tier: 1 }], LATER + 10 * DAY));
    expect(finding).toBeUndefined();
    for (let index = 0; index < 15; index++) expect(given.finds(...ask([APPROVE], LATER + (11 + index) * DAY))).toEqual(["operation-new-to-workflow"]);
  });

  it("counts nobody who names no trust unit as a witness, where others name one", () => {
    const given = learned();
    const look = (index: number, trustUnit?: string) => session(LATER + index * 8 * HOUR, [READ, { name: "look" }], { workflow: "Ask", trustUnit });
    given.sees(...[0, 1, 2, 3, 4, 5].flatMap((index) => look(index, index % 2 === 0 ? "unit-1" : undefined)), ...look(9, "unit-1"));
    expect(operationOf(given, "Ask", "erp look")).toMatchObject({ state: "candidate", witnesses: 1 });
  });

  it("needs no witnesses where nobody names a trust unit", () => {
    const given = world();
    given.sees(...history(60).map((event) => ({ ...event, trustUnit: undefined })), ...ask([READ], LATER - DAY));
    expect(graphOf(given).agent.mode).toBe("shadow");
    expect(given.finds(...session(LATER, [READ, APPROVE], { workflow: "Ask", trustUnit: undefined }))).toEqual(["operation-new-to-workflow"]);
  });
});

describe("an event that comes too late", () => {
  it("is neither judged nor learned", () => {
    const given = learned();
    given.sees(...ask([READ]));
    const before = graphOf(given);
    expect(given.finds(...ask([DELETE], LATER - MINUTE))).toEqual([]);
    expect(graphOf(given)).toEqual(before);
  });
});

describe("an agent that invents names without end", () => {
  it("is still told by the name of what it did", () => {
    const given = learned();
    for (let index = 0; index < 4100; index++) given.sees(...ask([{ name: `invented_${index}` }], LATER + index * 1000));
    const [finding] = given.sees(...ask([DELETE], LATER + 2 * DAY));
    expect(finding).toMatchObject({ kind: "operation-new-to-workflow", evidence: { operation: "erp delete_ledger" } });
  });
});
