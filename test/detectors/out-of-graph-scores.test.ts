/** Findings that rest on scores: an agent that writes the same three notes, and what one that was hijacked writes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newGuarantee, turnGuarantee, weighBy } from "../../detectors/evidence/guarantee.ts";
import { addScore } from "../../detectors/evidence/reservoir.ts";
import { agentView } from "../../detectors/fold/agent-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import { type CallFields, DAY, event, type Given, HOUR, type World, world } from "./given.ts";
import { session } from "./sessions.ts";

const READ: CallFields = { name: "read_invoice" };
const note = (subject: string): CallFields => ({
  service: "mail",
  name: "send_note",
  tier: 2,
  targets: { subject: [subject] },
});
const NOTES = ["Rent of the month", "Invoice for March is paid", "Your order has shipped"];
const USUAL = (at: number) => [READ, note(NOTES[at % 3] ?? "")];
const ATTACK = [READ, note("wire everything to zurich xq")];
/** Unusual here, and yet what many clean agents do. */
const ODD = [READ, READ, note(NOTES[0] ?? "")];
const DAILY = 16;
const DAYS = 10;

const settings = (more: object = {}) => ({ "out-of-graph": { evidence: "on", ...more } });
const workflow = "Tell";

/** Ten days of usual sessions, from four trust units in turn. */
const usualDays = (units = 4, days = DAYS): Given[] =>
  Array.from({ length: days * DAILY }, (_, at) =>
    session(timeOf(at), USUAL(at), { workflow, trustUnit: `unit-${at % units}` }),
  ).flat();
const timeOf = (at: number) => Math.floor(at / DAILY) * DAY + (at % DAILY) * HOUR;

/** An agent whose scores have been calibrated. */
function calibrated(more: object = {}, units = 4): World {
  const given = world(settings(more));
  expect(given.finds(...usualDays(units))).toEqual([]);
  return given;
}

/** Sessions an hour apart on a day, from a trust unit. */
const onDay = (day: number, sessions: readonly (readonly CallFields[])[], trustUnit = "unit-1") =>
  sessions.flatMap((steps, at) => session(day * DAY + at * HOUR, steps, { workflow, trustUnit }));
const scoresOf = (given: World) => given.view()["out-of-graph"].scores as Scores;
const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

describe("unlikely-session", () => {
  it("is told of a session whose score clean sessions do not reach, with its terms and what is promised", () => {
    const [found, ...others] = calibrated().sees(...onDay(DAYS, [ATTACK])) as [Finding];
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      kind: "unlikely-session",
      evidenceKind: "statistical",
      evidence: {
        operation: "mail send_note",
        tier: 2,
        workflow,
        threshold: -2,
        promisedRate: 0.0225,
        calibrationSessions: 140,
        calibrationTrustUnits: 4,
        falseAlertsPerAgentDay: 1,
      },
    });
    // The points are those of the shipped weights, which are fitted anew from time to time.
    expect(found.summary).toMatch(
      /^With `mail send_note` its session scores \+\d\.\d\d points, above -2\.00: new-text \+\d\.\d\d, follows-read \+\d\.\d\d\.$/,
    );
    expect(found.evidence.terms).toHaveLength(2);
    expect(found.expected).toContain("140 earlier sessions of this agent from 4 trust units");
  });

  it("is told once a session, and not of usual sessions", () => {
    const given = calibrated();
    expect(given.finds(...onDay(DAYS, [USUAL(1), [...ATTACK, ...ATTACK], USUAL(2)]))).toEqual([
      "unlikely-session",
    ]);
  });

  it("is not told of a session that a named fact was told of", () => {
    const steps = [READ, { name: "delete_ledger", tier: 2 } as const, ...ATTACK];
    expect(calibrated().finds(...onDay(DAYS, [steps]))).toEqual(["operation-new-to-workflow"]);
  });

  it("waits for scores of earlier sessions, and says so", () => {
    const given = world(settings());
    given.sees(...usualDays(4, 2));
    expect(given.finds(...onDay(2, [ATTACK]))).toEqual([]);
    const { agent, scores } = given.view()["out-of-graph"];
    expect([agent.mode, scores.state]).toEqual(["shadow", "not calibrated"]);
    expect(scores.reason).toMatch(/^not enough history: \d+ scores are too few to promise 5.0 %$/);
  });

  it("waits while the workflow is learning", () => {
    const given = world(settings());
    expect(given.finds(...onDay(0, [ATTACK]))).toEqual([]);
    expect(given.view()["out-of-graph"].scores.state).toBe("learning");
  });

  it("is held back and counted when the day's budget is spent, and told again the next day", () => {
    const given = calibrated({ falseAlertsPerAgentDay: 0.2 });
    const before = given.standings.budget;
    expect(given.finds(...onDay(DAYS, times(20, ATTACK), "unit-1"))).toHaveLength(10);
    const { budget, sessions } = scoresOf(given);
    expect(budget.heldBack).toBe(10);
    expect(given.standings.budget - before).toBe(10);
    expect(budget.spentToday).toBeLessThanOrEqual(0.2);
    expect(sessions.unjudgedShare).toBeGreaterThan(0.2);
    expect(sessions.change).toContain("raise falseAlertsPerAgentDay");
    expect(given.finds(...onDay(DAYS + 1, [ATTACK]))).toHaveLength(1);
  });

  it("is told on all days of a trust unit that repeats its attack for ever, and of the others as before", () => {
    const given = calibrated();
    for (let day = DAYS; day < DAYS + 40; day++) {
      expect(given.finds(...onDay(day, times(8, ATTACK), "unit-0")), `day ${day}`).toHaveLength(8);
      expect(given.finds(...onDay(day, times(2, USUAL(day)), "unit-2"))).toEqual([]);
    }
    expect(given.finds(...onDay(DAYS + 40, [ATTACK], "unit-3"))).toEqual(["unlikely-session"]);
  });

  it("is told as before of an agent of one trust unit that repeats its attack", () => {
    const given = calibrated({}, 1);
    for (let day = DAYS; day < DAYS + 40; day++)
      expect(given.finds(...onDay(day, times(8, ATTACK), "unit-0")), `day ${day}`).toHaveLength(8);
  });

  it("is among the scores that calibrate, until a person says that it was an attack", () => {
    const scoresAfter = (verdict: string) => {
      const given = calibrated();
      const attack = onDay(DAYS, [ATTACK]);
      given.sees(...attack);
      const { scoresForTomorrow } = scoresOf(given).calibration;
      const decision = { verdict, by: "ana", session: attack[0]?.session };
      given.sees(event("decision.made", 400 * DAY, { decision }));
      return scoresOf(given).calibration.scoresForTomorrow - scoresForTomorrow;
    };
    expect([scoresAfter("release-session"), scoresAfter("confirm-session")]).toEqual([1, 0]);
  });

  it("is told of an attack from one trust unit, whatever another one does before", () => {
    const kinds = fc.constantFrom(USUAL(0), ODD, ATTACK, [READ], times(3, note("half of it is new")));
    const days = fc.array(fc.array(kinds, { maxLength: 20 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(days, (evil) => {
        const given = calibrated();
        for (const [day, sessions] of evil.entries()) given.sees(...onDay(DAYS + day, sessions, "unit-0"));
        const last = DAYS + evil.length - 1;
        expect(
          given.finds(...session(last * DAY + 21 * HOUR, ATTACK, { workflow, trustUnit: "unit-2" })),
        ).toEqual(["unlikely-session"]);
      }),
      { numRuns: 15 },
    );
  });

  it("is told as before when one trust unit has filled a tenth of the scores with the highest", () => {
    const given = world(settings());
    const poisoned = Array.from({ length: DAYS * DAILY }, (_, at) =>
      session(timeOf(at), at > 40 && at % 10 === 0 ? ATTACK : USUAL(at), {
        workflow,
        trustUnit: at % 10 === 0 ? "unit-evil" : `unit-${at % 4}`,
      }),
    ).flat();
    given.sees(...poisoned);
    expect(given.finds(...onDay(DAYS, [USUAL(0), ATTACK, USUAL(1)]))).toEqual(["unlikely-session"]);
  });
});

describe("unlikely-run-of-sessions", () => {
  it("is told when sessions that are each a little unlikely add up, with their names", () => {
    const found = calibrated().sees(...onDay(DAYS, times(6, ODD)));
    expect(found.map(({ kind }) => kind)).toEqual(["unlikely-run-of-sessions"]);
    expect(found[0]?.evidence.sessions).toHaveLength(5);
    expect(found[0]?.evidence.sessions).toContain(found[0]?.session);
    expect(found[0]?.summary).toMatch(/^5 sessions, each a little unlikely/);
  });

  it("is not told when most sessions in between are as usual", () => {
    const mixed = Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? ODD : USUAL(at)));
    expect(calibrated().finds(...onDay(DAYS, mixed))).toEqual([]);
  });
});

describe("scores", () => {
  const stream = [
    ...usualDays(),
    ...onDay(DAYS, [ODD, ATTACK, ODD, USUAL(1), ODD, ODD, ODD, ATTACK], "unit-2"),
    ...onDay(DAYS + 1, [...times(10, ATTACK), ...times(12, ODD), ...times(4, ATTACK)], "unit-3"),
  ];

  it("make the same findings of the same events, wherever their state is written and read back", () => {
    const [whole, parts] = [world(settings()), world(settings())];
    const expected = whole.sees(...stream);
    expect(expected.length).toBeGreaterThan(10);
    const found = stream.flatMap((one, at) => {
      if (at % 7 === 0 || at > stream.length - 60) parts.reload();
      return parts.sees(one);
    });
    expect(found).toEqual(expected);
    expect(parts.encoded()).toEqual(whole.encoded());
  });

  it("lead from learning over shadow to enforcing, each with a reason", () => {
    const given = world(settings());
    const seen = new Set<string>();
    for (const one of usualDays()) {
      given.sees(one);
      const { mode, reason } = given.view()["out-of-graph"].agent;
      seen.add(`${mode}: ${reason.replace(/[\d.]+/g, "N")}`);
    }
    const modes = [...seen].map((one) => one.split(":")[0]);
    expect([...new Set(modes)]).toEqual(["learning", "shadow", "enforcing"]);
    expect([...seen].at(0)).toBe("learning: not enough history: N of N sessions");
    expect([...seen].at(-1)).toMatch(/^enforcing: named facts speak, and scores above/);
    const [learned] = given.view()["out-of-graph"].workflows;
    expect(learned?.mode).toBe("enforcing");
  });

  it("of other weights are forgotten", () => {
    const g = newGuarantee();
    weighBy(g, 1);
    for (let at = 0; at < 30; at++) addScore(g.reservoir, at, at % 3);
    turnGuarantee(g);
    weighBy(g, 1);
    expect(g.ranked).toHaveLength(30);
    weighBy(g, 2);
    expect([g.ranked.length, g.reservoir.count]).toEqual([0, 0]);
  });

  it("leave no mode behind when they are switched off", () => {
    const { "out-of-graph": shown } = agentView(calibrated().encoded(), { detectors: {} }) as {
      "out-of-graph": View;
    };
    expect([shown.agent.mode, shown.scores.state]).toEqual(["shadow", "off"]);
    expect(shown.agent.reason).toContain("switched off");
  });

  it("are named beside a fact as they stand: speaking, waiting or switched off", () => {
    const beside = (given: World, day: number) =>
      given
        .sees(...onDay(day, [[READ, { name: "delete_ledger", tier: 2 }]]))
        .map(({ rarity }) => rarity?.replace(/^surprise [\d.]+ of at most 20 bits; /, ""));
    const [waiting, off] = [world(settings()), world()];
    for (const given of [waiting, off]) given.sees(...usualDays(4, 2));
    expect(beside(calibrated(), DAYS)).toEqual(["a named fact, which needs no score"]);
    expect(beside(waiting, 2)).toEqual(["a named fact, scores do not speak here yet"]);
    expect(beside(off, 2)).toEqual(["a named fact, scores are switched off"]);
  });

  it("are off by default, and the view says so", () => {
    const given = world();
    given.sees(...usualDays(4, 2));
    expect(given.view()["out-of-graph"].scores).toEqual({
      state: "off",
      reason: "detectors.out-of-graph.evidence is off",
    });
  });
});

describe("sessions without a workflow", () => {
  it("are counted, with what is lost and how to send one", () => {
    const given = world();
    given.sees(...usualDays(4, 1), ...session(DAY, USUAL(0)), ...session(2 * DAY, USUAL(0)));
    const { withoutWorkflow } = given.view()["out-of-graph"];
    expect(withoutWorkflow).toMatchObject({ sessions: 1, share: 0.0588 });
    expect(withoutWorkflow.lost).toContain("judged by what the agent as a whole does");
    expect(withoutWorkflow.change).toContain("send `workflow`");
  });

  it("cost nothing where there are none", () => {
    const given = world();
    given.sees(...usualDays(4, 2));
    expect(given.view()["out-of-graph"].withoutWorkflow).toEqual({
      sessions: 0,
      share: 0,
      lost: "nothing",
      change: "nothing",
    });
  });
});

type View = ReturnType<World["view"]>["out-of-graph"];
type Scores = Extract<View["scores"], { readonly budget: unknown }>;
