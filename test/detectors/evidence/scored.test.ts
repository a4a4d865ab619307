/** The evidence in the fold: what an agent that pays the same three accounts is scored. */
import { describe, expect, it } from "vitest";
import { DETECTORS } from "../../../detectors/index.ts";
import { detectorConformance } from "../../conformance/detector.ts";
import { type CallFields, DAY, HOUR, type World, world } from "../given.ts";
import { APPROVE, LATER, session } from "../sessions.ts";

const READ: CallFields = { name: "read_invoice" };
const pay = (payee: string): CallFields => ({
  service: "bank",
  name: "transfer",
  tier: 2,
  targets: { payee: [payee] },
});
const ACCOUNTS = ["AT021100000293345678", "AT483200000012345864", "AT611904300234573201"];
const [KNOWN = "", STRANGE = ""] = [ACCOUNTS[0], "XK051212012345678906"];
const ON = { "out-of-graph": { evidence: "on" } };
const WORKFLOW = { workflow: "Pay", trustUnit: "unit-9" };

/** Sixty sessions of a task, from three trust units in turn. */
const history = (workflow: string | undefined = "Pay") =>
  Array.from({ length: 60 }, (_, index) =>
    session(index * HOUR, [READ, APPROVE, pay(ACCOUNTS[index % 3] ?? "")], {
      workflow,
      trustUnit: `unit-${Math.floor(index / 3) % 3}`,
    }),
  ).flat();

function experienced(settings: Record<string, Record<string, unknown>> = ON, workflow?: string): World {
  const given = world(settings);
  given.sees(...history(workflow), ...session(LATER - DAY, [READ], { ...WORKFLOW, workflow }));
  return given;
}

/** The score of a session after each of its calls. */
function scoresOf(given: World, steps: readonly CallFields[], more: object = WORKFLOW): number[] {
  given.sees(...session(LATER, steps, more));
  return given.scored.map(({ sessionScore }) => sessionScore);
}
const last = (scores: readonly number[]) => scores.at(-1) ?? Number.NaN;

describe("the score of a session", () => {
  it("is low for what the workflow always does, and high once a stranger is paid", () => {
    const [usual, attack] = [
      [READ, APPROVE, pay(KNOWN)],
      [READ, APPROVE, pay(STRANGE)],
    ].map((steps) => scoresOf(experienced(), steps));
    expect(usual).toHaveLength(3);
    expect(last(attack ?? [])).toBeGreaterThan(last(usual ?? []) + 2);
    expect(attack?.slice(0, 2)).toEqual(usual?.slice(0, 2));
  });

  it("says which terms it is made of, and whose weights spoke", () => {
    const given = experienced();
    scoresOf(given, [READ, { name: "delete_ledger", tier: 1 }]);
    expect(given.scored[1]).toMatchObject({ context: "workflow", terms: { "new-operation": 1 } });
    scoresOf(given, [READ, APPROVE, { ...pay(STRANGE) }], { trustUnit: "unit-9" });
    expect(given.scored[2]).toMatchObject({ context: "agent" });
    expect(given.scored[2]?.terms["new-party"]).toBeGreaterThan(1);
  });

  it("knows where arguments came from, if it is told", () => {
    const given = experienced();
    const operation = { service: "bank", name: "transfer", tier: 2, targets: { payee: [STRANGE] } };
    const sourced = { operation: { ...operation, provenance: { payee: "output", amount: "request" } } };
    scoresOf(given, [READ, { ...pay(STRANGE), ...sourced }]);
    expect(given.scored[1]).toMatchObject({
      context: "workflow+provenance",
      terms: { "output-party": 1, "output-share": 0.5 },
    });
  });

  it("is the same when the system was restarted in the middle", () => {
    const steps = [READ, APPROVE, pay(STRANGE), pay(KNOWN), { name: "delete_ledger", tier: 1 } as const];
    const whole = scoresOf(experienced(), steps);
    const given = experienced();
    const parts = session(LATER, steps, WORKFLOW).flatMap((event) => {
      expect(given.reload()).toBeGreaterThan(0);
      given.sees(event);
      return given.scored.map(({ sessionScore }) => sessionScore);
    });
    expect(parts).toEqual(whole);
  });

  it("is given to nobody, and nothing is kept for it, unless the evidence is switched on", () => {
    const quiet = experienced({});
    expect(scoresOf(quiet, [READ, pay(STRANGE)])).toEqual([]);
    const [without, with_] = [quiet, experienced()].map(
      (given) => given.encoded().get("out-of-graph")?.length,
    );
    expect(with_).toBeGreaterThan((without ?? 0) + 1000);
  });

  it("is not made lower by a trust unit that repeats its attack", () => {
    const steps = [READ, APPROVE, pay(STRANGE)];
    const given = experienced();
    const before = last(scoresOf(given, steps));
    for (let day = 1; day <= 20; day++)
      given.sees(...session(LATER + day * DAY, steps, { ...WORKFLOW, trustUnit: "unit-0" }));
    given.sees(...session(LATER + 30 * DAY, steps, WORKFLOW));
    expect(last(given.scored.map(({ sessionScore }) => sessionScore))).toBeGreaterThanOrEqual(before);
  });
});

describe("learning that is ended by decree", () => {
  it("makes what few sessions have shown the baseline, and adds nothing to it", () => {
    const given = world(ON);
    given.sees(...history().slice(0, 27));
    given.settle();
    const before = given.view();
    expect(last(scoresOf(given, [READ, APPROVE, pay(KNOWN)]))).toBeLessThan(
      last(scoresOf(given, [READ, APPROVE, pay(STRANGE)])),
    );
    given.sees(...session(LATER + 9 * DAY, [READ], WORKFLOW));
    const { agent, workflows } = given.view()["out-of-graph"];
    expect([agent.mode, workflows[0]?.mode]).toEqual(["frozen", "frozen"]);
    expect(agent.sessions).toBe(before["out-of-graph"].agent.sessions);
  });
});

describe("with the evidence switched on", () => {
  for (const detector of DETECTORS.filter(({ id }) => id === "out-of-graph")) {
    const settings = detector.settings.transform(() => detector.settings.parse({ evidence: "on" }));
    detectorConformance({ ...detector, settings });
  }
});
