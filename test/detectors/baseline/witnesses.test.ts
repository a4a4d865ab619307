/** The lemma of promotion: an attacker who controls fewer trust units than witnesses are needed makes nothing baseline alone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CallFields, DAY, HOUR, world } from "../given.ts";
import { session } from "../sessions.ts";

const HONEST = ["unit-1", "unit-2", "unit-3"];
const ATTACKER = "unit-3";
/** What honest sessions do, and what an attacker would like to become normal. */
const usual: CallFields[] = [
  { name: "read" },
  { name: "pay", tier: 2, targets: { payee: ["desk-1@example.com"] } },
];
const wanted = fc.constantFrom<CallFields>(
  { name: "evil", tier: 0 },
  { name: "evil", tier: 1 },
  { name: "evil", tier: 2, targets: { payee: ["thief@example.net"] } },
  { name: "pay", tier: 2, targets: { payee: ["thief@example.net"] } },
  { name: "look", tier: 0, targets: { file: ["thief.example.net"] } },
);
const attack = fc.record({
  /** When it comes: during learning, or after. In hours. */
  at: fc.integer({ min: 0, max: 150 }),
  steps: fc.array(wanted, { minLength: 1, maxLength: 3 }),
  unit: fc.constantFrom(ATTACKER, undefined),
  workflow: fc.constantFrom("Pay", undefined),
});

interface Shown {
  readonly operation: string;
  readonly state: string;
  readonly witnesses: number;
}

describe("what becomes baseline", () => {
  it("was used by a trust unit that the attacker does not control, whatever the attacker does and however often", () => {
    fc.assert(
      fc.property(fc.array(attack, { maxLength: 60 }), fc.constantFrom(2, 3), (attacks, witnesses) => {
        const given = world({ "out-of-graph": { witnesses } });
        const honest = Array.from({ length: 150 }, (_, hour) =>
          session(hour * HOUR, usual, { workflow: "Pay", trustUnit: HONEST[hour % 3] }),
        );
        const evil = attacks.map(({ at, steps, unit, workflow }) =>
          session(at * HOUR + HOUR / 2, [{ name: "read" }, ...steps], { workflow, trustUnit: unit }),
        );
        given.sees(
          ...[...honest, ...evil].flat().sort((a, b) => (a.time < b.time ? -1 : 1)),
          ...session(30 * DAY, usual, { workflow: "Pay" }),
        );
        const { agent, workflows, targets } = given.view()["out-of-graph"];
        const edges: Shown[] = [agent, ...workflows].flatMap(({ operations }) => operations);
        for (const { operation, state } of edges)
          if (/evil|look/.test(operation)) expect(state).toBe("candidate");
        for (const { values } of targets)
          for (const { value, state } of values) if (value.includes("thief")) expect(state).toBe("candidate");
        // An attack may keep learning waiting, but not make it promote.
        if (attacks.length === 0)
          expect(
            edges.filter(({ operation, state }) => operation === "erp pay" && state === "baseline"),
          ).toHaveLength(2);
      }),
      { numRuns: 25 },
    );
  });

  it("is found in the end although one unit has used it all the time: it cannot keep learning waiting for ever", () => {
    const given = world();
    const evil: CallFields = { name: "evil", tier: 1 };
    for (let hour = 0; hour < 150; hour++)
      given.sees(
        ...session(hour * HOUR, hour % 6 === 2 ? [...usual, evil] : usual, {
          workflow: "Pay",
          trustUnit: HONEST[hour % 3],
        }),
      );
    expect(
      given.finds(...session(30 * DAY, [...usual, evil], { workflow: "Pay", trustUnit: ATTACKER })),
    ).toEqual(["operation-new-to-workflow"]);
  });

  it("is what enough units use: with one more unit the same is learned", () => {
    const given = world();
    for (let hour = 0; hour < 150; hour++) {
      const steps: CallFields[] = hour % 5 === 0 ? [...usual, { name: "look" }] : usual;
      given.sees(...session(hour * HOUR, steps, { workflow: "Pay", trustUnit: HONEST[hour % 2] }));
    }
    const operations = given.view()["out-of-graph"].workflows[0]?.operations;
    expect(operations).toContainEqual(
      expect.objectContaining({ operation: "erp look", state: "baseline", witnesses: 2 }),
    );
  });
});
