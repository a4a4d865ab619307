import { describe, expect, it } from "vitest";
import { type CallFields, DAY, HOUR, START, type World, world } from "./given.ts";
import { APPROVE, history, LATER, learned, payee, READ, session, transfer } from "./sessions.ts";

const ask = (steps: readonly CallFields[], atMs = LATER) => session(atMs, steps, { workflow: "Ask" });
const pay = (steps: readonly CallFields[], atMs = LATER) => session(atMs, steps, { workflow: "Pay" });
const DELETE: CallFields = { name: "delete_ledger", tier: 1 };
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
    expect(finding?.expected).toContain(
      "workflow `Ask` never used it. Expected next here: `erp search` 100 %",
    );
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
    expect(findings).toMatchObject([
      {
        kind: "operation-and-target-new",
        severity: "high",
        evidence: { targets: ["payee=thief@example.net"] },
      },
    ]);
    expect(findings[0]?.summary).toBe(
      "`bank transfer` was used, which workflow `Ask` has never used, on payee `thief@example.net`, never seen before.",
    );
  });

  it("stays of medium severity when the target is one that the agent knows", () => {
    expect(learned().finds(...ask([READ, transfer(payee(1))]))).toEqual(["operation-new-to-workflow"]);
  });
});

describe("a session whose workflow cannot speak", () => {
  it("is judged by the agent's own graph when it declares no workflow", () => {
    const findings = learned().sees(...session(LATER, [READ, DELETE]));
    expect(findings).toMatchObject([
      { kind: "operation-new-to-agent", severity: "medium", evidence: { workflow: "(none declared)" } },
    ]);
    expect(findings[0]?.summary).toBe("`erp delete_ledger` was used, which this agent has never used.");
    expect(learned().finds(...session(LATER, [READ, APPROVE, transfer(payee(1))]))).toEqual([]);
  });

  it("is judged by it too while its workflow is still learning", () => {
    expect(learned().finds(...session(LATER, [READ, DELETE], { workflow: "New" }))).toEqual([
      "operation-new-to-agent",
    ]);
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
    expect(findings).toMatchObject([
      {
        kind: "target-first-seen",
        severity: "medium",
        evidence: {
          operation: "bank transfer",
          draws: 60,
          knownValues: 3,
          targets: ["payee=thief@example.net"],
        },
      },
    ]);
    expect(findings[0]?.summary).toBe(
      "`bank transfer` was used on payee `thief@example.net`, never seen before there.",
    );
    expect(findings[0]?.expected).toBe(
      "In 60 sessions with a value there it used 3 different ones; a new one is expected in 1.6 % of sessions.",
    );
  });

  it("stays quiet in an open slot, for what is no identifier, and for an operation that reads", () => {
    const given = world();
    const work = (index: number): CallFields[] => [
      { name: "look_up", targets: { customer: ["customer-77@example.org"] } },
      { name: "post", tier: 1, targets: { case: [`case-${10_000 + index}`], tone: ["friendly"] } },
    ];
    for (let index = 0; index < 60; index++)
      given.sees(...session(index * HOUR, work(index), { workflow: "Post", trustUnit: `unit-${index % 2}` }));
    const last: CallFields[] = [
      { name: "look_up", targets: { customer: ["somebody-else@example.org"] } },
      { name: "post", tier: 1, targets: { case: ["case-99999"], tone: ["stern"] } },
    ];
    expect(given.finds(...session(LATER, last, { workflow: "Post" }))).toEqual([]);
    expect(
      given.finds(
        ...session(LATER + DAY, [{ name: "post", tier: 1, targets: { tone: ["stern@example.org"] } }], {
          workflow: "Post",
        }),
      ),
    ).toEqual(["target-first-seen"]);
  });

  it("stays quiet while the slot has been drawn from fewer than ten times", () => {
    const drawn = (times: number) => {
      const given = world();
      const mail = (to?: string): CallFields => ({
        name: "mail",
        tier: 1,
        ...(to === undefined ? {} : { targets: { to: [to] } }),
      });
      for (let index = 0; index < 60; index++)
        given.sees(
          ...session(index * HOUR, [mail(index < times ? `desk-${index % 2}@example.com` : undefined)], {
            workflow: "Mail",
            trustUnit: `unit-${(index >> 1) % 2}`,
          }),
        );
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
      given.sees(
        ...session(index * HOUR, [transfer(to)], {
          workflow: "Pay",
          trustUnit: third[index] ?? `unit-${1 + ((index >> 1) % 2)}`,
        }),
      );
    }
    return given;
  }

  it("is told as such when it was used before, but by too few trust units", () => {
    const findings = payments({ 10: "unit-1", 12: "unit-1" }).sees(
      ...session(LATER, [transfer(payee(7))], { workflow: "Pay" }),
    );
    expect(findings.map(({ summary }) => summary)).toEqual([
      "`bank transfer` was used on payee `accounts@supplier-7.example.com`, seen in 2 sessions of too few trust units there.",
    ]);
  });

  it("stays quiet about a value that comes to its second trust unit while the slot is not yet settled", () => {
    const given = payments({ 10: "unit-1", 12: "unit-1", 16: "unit-1", 30: "unit-2" });
    expect(given.finds(...session(LATER, [transfer(payee(7))], { workflow: "Pay" }))).toEqual([]);
  });
});

describe("an agent that invents names without end", () => {
  it("is still told by the name of what it did", () => {
    const given = learned();
    for (let index = 0; index < 4100; index++)
      given.sees(...ask([{ name: `invented_${index}` }], LATER + index * 1000));
    const [finding] = given.sees(...ask([DELETE], LATER + 2 * DAY));
    expect(finding).toMatchObject({
      kind: "operation-new-to-workflow",
      evidence: { operation: "erp delete_ledger" },
    });
  });
});
