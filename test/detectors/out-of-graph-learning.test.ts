import { describe, expect, it } from "vitest";
import { type CallFields, DAY, HOUR, MINUTE, type World, world } from "./given.ts";
import { APPROVE, history, KINDS, LATER, learned, READ, session } from "./sessions.ts";

const ask = (steps: readonly CallFields[], atMs = LATER) => session(atMs, steps, { workflow: "Ask" });
const DELETE: CallFields = { name: "delete_ledger", tier: 1 };
const graphOf = (given: World) => given.view()["out-of-graph"];
const workflowOf = (given: World, name: string) => {
  const found = graphOf(given).workflows.find(({ workflow }) => workflow === name);
  if (found === undefined) throw new Error(`workflow ${name} is not known`);
  return found;
};
const operationOf = (given: World, workflow: string, operation: string) =>
  workflowOf(given, workflow).operations.find((one) => one.operation === operation);

describe("learning", () => {
  const reasons = (given: World) => [graphOf(given).agent.mode, graphOf(given).agent.reason];

  it("begins with what is missing, and ends as soon as history suffices", () => {
    const given = world();
    given.sees(...session(0, KINDS.Pay(0), { workflow: "Pay" }));
    expect(reasons(given)).toEqual(["learning", "not enough history: 0 of 20 sessions"]);
    given.sees(...history(9, HOUR));
    expect(reasons(given)).toEqual(["learning", "not enough history: 18 of 20 sessions"]);
    given.sees(...history(40, DAY));
    expect(reasons(given)).toEqual([
      "shadow",
      "named facts speak; scores are switched off (detectors.out-of-graph.evidence)",
    ]);
    expect(["Pay", "Ask"].map((name) => workflowOf(given, name).mode)).toEqual(["shadow", "shadow"]);
  });

  it("goes on while sensitive operations appear that only one session has used", () => {
    const given = world();
    const explore = (index: number) =>
      session(index * HOUR, [READ, { name: `change_${index}`, tier: 1 }], {
        workflow: "Explore",
        trustUnit: `unit-${index % 3}`,
      });
    given.sees(
      ...Array.from({ length: 40 }, (_, index) => explore(index)).flat(),
      ...session(LATER, [READ], { workflow: "Explore" }),
    );
    expect(workflowOf(given, "Explore")).toMatchObject({
      mode: "learning",
      reason: "still finding new sensitive operations: forecast 100.0 % of sessions, 10 % allowed",
    });
    expect(graphOf(given).agent.alertsOn).toEqual([
      "broken token rules",
      "identifiers not listed in a closed slot of a sensitive operation",
    ]);
  });

  it("goes on while one trust unit alone uses a sensitive operation", () => {
    const given = world();
    const odd = (index: number) =>
      session(index * HOUR, index % 3 === 0 ? [READ, DELETE] : [READ], {
        workflow: "Odd",
        trustUnit: index % 3 === 0 ? "unit-1" : "unit-2",
      });
    given.sees(
      ...Array.from({ length: 40 }, (_, index) => odd(index)).flat(),
      ...session(LATER, [READ], { workflow: "Odd" }),
    );
    expect(workflowOf(given, "Odd")).toMatchObject({
      mode: "learning",
      reason:
        "35.0 % of sessions used a sensitive operation that too few trust units have used, 10 % allowed",
    });
  });

  it("goes on for the agent while much of its work is in workflows that are learning", () => {
    const given = world();
    const short = (index: number) =>
      session(index * HOUR, [READ], { workflow: `Short ${index % 4}`, trustUnit: `unit-${index % 3}` });
    given.sees(...Array.from({ length: 41 }, (_, index) => short(index)).flat());
    expect(reasons(given)).toEqual([
      "learning",
      "100 % of sessions belong to workflows that are still learning",
    ]);
  });

  it("takes nothing from a session in which something was found, however often it comes", () => {
    const given = learned();
    const before = workflowOf(given, "Ask").sessions;
    for (let day = 0; day < 12; day++) {
      const attack = session(LATER + day * DAY, [READ, APPROVE], {
        workflow: "Ask",
        trustUnit: `unit-${1 + (day % 3)}`,
      });
      expect(given.finds(...attack)).toEqual(["operation-new-to-workflow"]);
    }
    given.sees(...ask([READ], LATER + 13 * DAY));
    expect(workflowOf(given, "Ask")).toMatchObject({ sessions: before + 1, withheldSessions: 12 });
    expect(operationOf(given, "Ask", "erp approve")).toBeUndefined();
  });

  it("makes a new reading operation baseline after five sessions on two days from two trust units", () => {
    const given = learned();
    const look = (index: number, unit: string) =>
      session(LATER + index * 8 * HOUR, [READ, { name: "look" }], { workflow: "Ask", trustUnit: unit });
    given.sees(...[0, 1, 2, 3, 4, 5].flatMap((index) => look(index, "unit-1")));
    expect(operationOf(given, "Ask", "erp look")).toMatchObject({
      state: "candidate",
      sessions: 5,
      witnesses: 1,
    });
    given.sees(...look(6, "unit-2"), ...look(9, "unit-1"));
    expect(operationOf(given, "Ask", "erp look")).toMatchObject({ state: "baseline", witnesses: 2 });
  });

  it("never makes a sensitive operation baseline by itself once it has ended", () => {
    const given = learned();
    // In a workflow that is still learning the agent as a whole knows the operation, so nothing is found.
    for (let index = 0; index < 15; index++)
      given.sees(
        ...session(LATER + index * 8 * HOUR, [READ, { name: "note", tier: 0 }], {
          workflow: "Ask",
          trustUnit: `unit-${index % 3}`,
        }),
      );
    const [finding] = given.sees(...ask([{ name: "note", tier: 1 }], LATER + 10 * DAY));
    expect(finding).toBeUndefined();
    for (let index = 0; index < 15; index++)
      expect(given.finds(...ask([APPROVE], LATER + (11 + index) * DAY))).toEqual([
        "operation-new-to-workflow",
      ]);
  });

  it("counts nobody who names no trust unit as a witness, where others name one", () => {
    const given = learned();
    const look = (index: number, trustUnit?: string) =>
      session(LATER + index * 8 * HOUR, [READ, { name: "look" }], { workflow: "Ask", trustUnit });
    given.sees(
      ...[0, 1, 2, 3, 4, 5].flatMap((index) => look(index, index % 2 === 0 ? "unit-1" : undefined)),
      ...look(9, "unit-1"),
    );
    expect(operationOf(given, "Ask", "erp look")).toMatchObject({ state: "candidate", witnesses: 1 });
  });

  it("needs no witnesses where nobody names a trust unit", () => {
    const given = world();
    given.sees(
      ...history(60).map((event) => ({ ...event, trustUnit: undefined })),
      ...ask([READ], LATER - DAY),
    );
    expect(graphOf(given).agent.mode).toBe("shadow");
    expect(
      given.finds(...session(LATER, [READ, APPROVE], { workflow: "Ask", trustUnit: undefined })),
    ).toEqual(["operation-new-to-workflow"]);
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

describe("a workflow that is still learning", () => {
  const novel = (workflow: string) => session(LATER, [READ, DELETE], { workflow });

  it("learns in peace if it began with the agent, also what no other workflow uses", () => {
    const given = world();
    given.sees(...session(0, [READ], { workflow: "Young" }), ...history(40, HOUR), ...history(40, DAY));
    expect([graphOf(given).agent.mode, workflowOf(given, "Young").mode]).toEqual(["shadow", "learning"]);
    expect(given.finds(...novel("Young"))).toEqual([]);
  });

  it("is judged by what the agent knows if it turned up after the agent had left learning", () => {
    expect(learned().finds(...novel("Invented"))).toEqual(["operation-new-to-agent"]);
  });
});
