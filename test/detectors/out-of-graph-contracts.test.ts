import { describe, expect, it } from "vitest";
import { agentBaseline } from "../../detectors/fold/agent-baseline.ts";
import { type CallFields, call, DAY, event, type Given, HOUR, START, type World, world } from "./given.ts";
import { KINDS, LATER, learned, payee, READ, session, transfer } from "./sessions.ts";

const DELETE: CallFields = { name: "delete_ledger", tier: 1 };
const LOOK: CallFields = { name: "look" };
const THIEF = "accounts@thief.example.net";
const at = (ms: number) => new Date(START + ms).toISOString();
const DIGEST = "0".repeat(64);

interface Terms {
  readonly name?: string;
  readonly version?: number;
  readonly until?: string;
  readonly closed?: boolean;
  readonly digest?: string;
  readonly workflow?: string;
}

/** A contract of agent `a`, as the door writes it into the log. Operations with a tier above 0 are declared as sensitive. */
function contract(operations: readonly CallFields[], terms: Terms = {}): Given[] {
  const { workflow = "Ask", ...others } = terms;
  const whole = { name: "c", version: 1, until: at(300 * DAY), closed: false, key: "owner", digest: DIGEST };
  const said = (more: object = {}) =>
    event("decision.made", 400 * DAY, {
      decision: { verdict: "contract", by: "ana", contract: { ...whole, ...others } },
      workflow,
      ...more,
    });
  return [said(), ...operations.map((one) => said({ operation: call(0, one).operation }))];
}

const ask = (steps: readonly CallFields[], atMs = LATER) => session(atMs, steps, { workflow: "Ask" });
const kinds = (given: World, steps: readonly CallFields[], atMs = LATER) => given.finds(...ask(steps, atMs));
const graph = (given: World) => given.view()["out-of-graph"];
const edge = (given: World, operation: string) =>
  graph(given)
    .workflows.find((one) => one.workflow === "Ask")
    ?.operations.find((one) => one.operation === operation);

describe("a contract", () => {
  it("makes a sensitive operation normal from then on, and no other", () => {
    const given = learned();
    expect(kinds(given, [READ, DELETE])).toEqual(["operation-new-to-workflow"]);
    given.sees(...contract([DELETE]));
    given.reload();
    expect(kinds(given, [READ, DELETE], LATER + HOUR)).toEqual([]);
    expect(kinds(given, [READ, { name: "wipe", tier: 1 }], LATER + 2 * HOUR)).toEqual([
      "operation-new-to-workflow",
    ]);
    expect(edge(given, "erp delete_ledger")).toMatchObject({
      state: "pinned",
      by: "contract c v1, signed by owner",
    });
    expect(graph(given).contracts).toMatchObject([
      { name: "c", version: 1, workflow: "Ask", state: "in force", closed: false, operations: 1 },
    ]);
  });

  it("speaks for the reading of what it does not call sensitive, and no longer once that writes", () => {
    const given = learned();
    given.sees(...contract([{ name: "delete_ledger" }]));
    expect(kinds(given, [READ, { name: "delete_ledger" }])).toEqual([]);
    expect(kinds(given, [READ, DELETE], LATER + HOUR)).toEqual(["operation-new-to-workflow"]);
    expect(graph(given).contracts).toMatchObject([
      { doesNotHoldFor: [{ operation: "erp delete_ledger", why: expect.stringContaining("sensitive") }] },
    ]);
  });

  it("does not lift what a person has denied", () => {
    const given = learned();
    given.sees(
      event("decision.made", 400 * DAY, {
        decision: { verdict: "deny-edge", by: "ana" },
        workflow: "Ask",
        operation: call(0, DELETE).operation,
      }),
      ...contract([DELETE], { closed: true }),
    );
    expect(kinds(given, [DELETE])).toEqual(["edge-denied"]);
  });

  it("begins an agent that was never seen", () => {
    const given = world();
    given.sees(...contract([DELETE]));
    expect(kinds(given, [DELETE])).toEqual([]);
    expect(edge(given, "erp delete_ledger")?.state).toBe("pinned");
  });
});

describe("the end of a contract", () => {
  const UNTIL = LATER + DAY;

  it("brings back what was before", () => {
    const given = learned();
    given.sees(...contract([DELETE], { until: at(UNTIL) }));
    expect(kinds(given, [DELETE], UNTIL - HOUR)).toEqual([]);
    given.reload();
    expect(kinds(given, [DELETE], UNTIL)).toEqual(["operation-new-to-workflow"]);
    expect(graph(given).contracts).toMatchObject([{ state: "ended", operations: 0 }]);
  });

  it("leaves what a person has approved meanwhile, and what another contract names", () => {
    const given = learned();
    const wipe: CallFields = { name: "wipe", tier: 1 };
    given.sees(
      ...contract([DELETE, wipe], { until: at(UNTIL) }),
      ...contract([DELETE], { name: "d", until: at(UNTIL + DAY) }),
      event("decision.made", 400 * DAY, {
        decision: { verdict: "approve-edge", by: "ana" },
        workflow: "Ask",
        operation: call(0, wipe).operation,
      }),
    );
    expect(kinds(given, [DELETE, wipe], UNTIL)).toEqual([]);
    expect(edge(given, "erp delete_ledger")?.by).toBe("contract d v1, signed by owner");
    expect(kinds(given, [DELETE, wipe], UNTIL + DAY)).toEqual(["operation-new-to-workflow"]);
  });

  it("ends all the same when the one that came later ends first", () => {
    const given = learned();
    given.sees(
      ...contract([DELETE], { until: at(UNTIL + DAY) }),
      ...contract([DELETE], { name: "d", until: at(UNTIL) }),
    );
    expect(kinds(given, [DELETE], UNTIL)).toEqual([]);
    expect(kinds(given, [DELETE], UNTIL + DAY)).toEqual(["operation-new-to-workflow"]);
  });

  it("leaves what learning that ended meanwhile has shown", () => {
    const given = world();
    const wipe: CallFields = { name: "wipe", tier: 1 };
    given.sees(...contract([DELETE, wipe], { workflow: "Pay", until: at(UNTIL) }));
    const pay = (index: number, atMs: number, more: readonly CallFields[] = []) =>
      session(atMs, [...KINDS.Pay(index), DELETE, ...more], {
        workflow: "Pay",
        trustUnit: `unit-${Math.floor(index / 3) % 3}`,
      });
    for (let index = 0; index < 60; index++) given.sees(...pay(index, index * HOUR));
    expect(given.finds(...pay(60, UNTIL - HOUR, [wipe]))).toEqual([]);
    expect(given.finds(...pay(61, UNTIL + HOUR))).toEqual([]);
    expect(given.finds(...pay(62, UNTIL + 2 * HOUR, [wipe]))).toEqual(["operation-new-to-workflow"]);
  });

  it("takes away values that it alone has made known", () => {
    const given = learned();
    const pay = (atMs: number) =>
      given.finds(
        ...session(atMs, [READ, { name: "approve", tier: 1 }, transfer(THIEF)], { workflow: "Pay" }),
      );
    given.sees(...contract([transfer(THIEF)], { workflow: "Pay", until: at(UNTIL) }));
    expect(pay(LATER)).toEqual([]);
    expect(pay(UNTIL)).toEqual(["target-first-seen"]);
  });
});

describe("a version of a contract", () => {
  it("takes the place of an older one, and never of a newer one or of another of the same number", () => {
    const given = learned();
    given.sees(...contract([DELETE], { version: 2 }));
    given.sees(...contract([{ name: "wipe", tier: 1 }], { version: 1 }));
    given.sees(...contract([{ name: "wipe", tier: 1 }], { version: 2, digest: "1".repeat(64) }));
    expect(edge(given, "erp wipe")).toBeUndefined();
    expect(kinds(given, [DELETE])).toEqual([]);
    given.sees(...contract([], { version: 3 }));
    expect(graph(given).contracts).toMatchObject([{ version: 3, operations: 0 }]);
    expect(kinds(given, [DELETE], LATER + HOUR)).toEqual(["operation-new-to-workflow"]);
  });

  it("does not come back after its end", () => {
    const given = learned();
    given.sees(...contract([DELETE], { until: at(LATER) }));
    expect(kinds(given, [READ], LATER)).toEqual([]);
    given.sees(...contract([DELETE], { until: at(LATER) }));
    expect(kinds(given, [DELETE], LATER + HOUR)).toEqual(["operation-new-to-workflow"]);
  });

  it("says the same when it is applied twice, and when its events come in another order", () => {
    const [one, other] = [learned(), learned()];
    const events = contract([DELETE, LOOK]);
    one.sees(...events);
    other.sees(...events.toReversed(), ...contract([DELETE, LOOK]));
    for (const given of [one, other]) {
      expect(kinds(given, [DELETE])).toEqual([]);
      expect(graph(given).contracts).toMatchObject([{ operations: 2, doesNotHoldFor: [] }]);
    }
  });

  it("is one of at most 64 of an agent", () => {
    const given = world();
    for (let number = 0; number < 70; number++) given.sees(...contract([], { name: `c${number}` }));
    expect(graph(given).contracts).toHaveLength(64);
    expect(graph(given).notLearnedForCaps).toBe(6);
  });
});

describe("what is undone or imported", () => {
  const SETTINGS = { detectors: {} };
  const copyOf = (given: World) =>
    event("decision.made", 400 * DAY, {
      decision: {
        verdict: "undo",
        by: "ana",
        baseline: Buffer.from(agentBaseline(given.encoded(), SETTINGS) ?? []).toString("base64"),
      },
    });

  it("leaves contracts in force, with other numbers for their names", () => {
    const [given, other] = [learned(), world()];
    // Another order of names.
    other.sees(
      ...session(0, [LOOK, READ], { workflow: "Other" }),
      ...session(HOUR, [LOOK], { workflow: "Ask" }),
    );
    given.sees(...contract([transfer(payee(1)), DELETE], { closed: true }), copyOf(other));
    given.reload();
    expect(graph(given).contracts).toMatchObject([
      { name: "c", workflow: "Ask", state: "in force", operations: 2 },
    ]);
    expect(kinds(given, [DELETE, transfer(payee(1))])).toEqual([]);
    expect(kinds(given, [LOOK], LATER + HOUR)).toEqual(["outside-contract"]);
    expect(kinds(given, [transfer(THIEF)], LATER + 2 * HOUR)).toEqual(["outside-contract"]);
  });

  it("brings no older version back, and none that has ended", () => {
    const [given, older, living] = [learned(), learned(), learned()];
    older.sees(...contract([DELETE]));
    given.sees(...contract([], { version: 2 }), copyOf(older));
    expect(graph(given).contracts).toMatchObject([{ version: 2, operations: 0 }]);
    expect(kinds(given, [DELETE])).toEqual(["operation-new-to-workflow"]);
    const soon = { name: "d", until: at(LATER + HOUR) };
    living.sees(...contract([DELETE], soon));
    const copy = copyOf(living);
    living.sees(...ask([READ], LATER + HOUR), copy);
    expect(graph(living).contracts).toMatchObject([{ state: "ended" }]);
    expect(kinds(living, [DELETE], LATER + 2 * HOUR)).toEqual(["operation-new-to-workflow"]);
  });

  it("has the contracts of a copy where none is known", () => {
    const [given, other] = [world(), learned()];
    other.sees(...contract([DELETE]));
    given.sees(...ask([READ], 0), copyOf(other));
    expect(kinds(given, [DELETE])).toEqual([]);
  });
});

describe("a closed contract", () => {
  it("tells what it does not name while the workflow is learning, reads at low severity", () => {
    const given = world();
    given.sees(...contract([READ, DELETE], { closed: true }));
    expect(given.sees(...ask([LOOK, DELETE, transfer(payee(1))]))).toMatchObject([
      { kind: "outside-contract", severity: "low", evidenceKind: "fact" },
      {
        kind: "outside-contract",
        severity: "high",
        expected: "By contract c v1, signed by owner, workflow `Ask` uses 2 operations and nothing else.",
        evidence: { operation: "bank transfer", contract: "c v1", signedBy: "owner" },
      },
    ]);
    expect(kinds(given, [DELETE], LATER + HOUR)).toEqual([]);
    expect(graph(given).workflows).toMatchObject([{ mode: "learning" }]);
  });

  it("tells an operation once a session, and no other workflow's", () => {
    const given = world();
    given.sees(...contract([READ], { closed: true }));
    expect(kinds(given, [DELETE, DELETE])).toEqual(["outside-contract"]);
    expect(given.finds(...session(LATER + HOUR, [DELETE], { workflow: "Pay" }))).toEqual([]);
    expect(given.finds(...session(LATER + HOUR, [DELETE]))).toEqual([]);
  });

  it("tells values that it does not allow, of fields that have allowed ones", () => {
    const given = world();
    given.sees(...contract([transfer(payee(1)), DELETE], { closed: true }));
    expect(kinds(given, [transfer(payee(1)), { ...DELETE, targets: { ledger: ["x"] } }])).toEqual([]);
    expect(given.sees(...ask([transfer(THIEF)], LATER + HOUR))).toMatchObject([
      { kind: "outside-contract", summary: expect.stringContaining(`with payee \`${THIEF}\``) },
    ]);
  });

  it("is silent about what a person approves beside it", () => {
    const given = world();
    given.sees(
      ...contract([READ], { closed: true }),
      event("decision.made", 400 * DAY, {
        decision: { verdict: "approve-edge", by: "ana" },
        workflow: "Ask",
        operation: call(0, DELETE).operation,
      }),
    );
    expect(kinds(given, [DELETE])).toEqual([]);
  });
});
