/** New versions of an agent: what they do for the first time, and what becomes of it when they go. */
import { describe, expect, it } from "vitest";
import { workingSet } from "../../detectors/fold/working-set.ts";
import type { GroupVersion } from "../../detectors/groups/version.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { Finding } from "../../schemas/finding.ts";
import { createJudge } from "../../services/judge.ts";
import {
  type CallFields,
  DAY,
  event,
  type Given,
  HOUR,
  MINUTE,
  START,
  viewOf,
  type World,
  world,
} from "./given.ts";
import { history, KINDS, LATER, READ, session, transfer } from "./sessions.ts";

const LABEL: CallFields = { name: "add_label", tier: 1 };
const DELETE: CallFields = { service: "ledgers", name: "delete", tier: 2 };
const running = (version: string, more: object = {}) => ({
  workflow: "Ask",
  agent: { id: "a", version, group: "billing", ...more },
});
const ask = (version: string, steps: readonly CallFields[], atMs = LATER): Given[] =>
  session(atMs, [READ, ...steps], running(version));
const deployed = (version: string, change = "deployed", atMs = LATER - MINUTE) =>
  event("identity.changed", atMs, { change, ...running(version), workflow: undefined });

/** An agent that has learned with version 1. */
function learned(settings: Record<string, unknown> = {}): World {
  const given = world({ "out-of-graph": settings });
  const first = history(60).map((one) => ({ ...one, agent: { id: "a", version: "1.0" } }));
  given.sees(...first, ...ask("1.0", [{ name: "search" }], LATER - DAY));
  return given;
}

const short = ({ kind, severity, newVersion }: Finding) => ({ kind, severity, newVersion });

describe("a new version of an agent", () => {
  it("that was deployed is told quietly of what it writes for the first time, with its version", () => {
    const given = learned();
    const [finding, ...others] = given.sees(deployed("2.0"), ...ask("2.0", [LABEL]));
    expect(others).toEqual([]);
    expect(finding && short(finding)).toEqual({
      kind: "operation-new-to-workflow",
      severity: "low",
      newVersion: {
        version: "2.0",
        parent: "1.0",
        since: new Date(START + LATER - MINUTE).toISOString(),
        announced: true,
        group: "billing",
        edge: "erp add_label",
        quiet: true,
      },
    });
  });

  it("that nobody announced is told as quietly, and it is said that nobody did", () => {
    const [finding] = learned().sees(...ask("2.0", [LABEL]));
    expect(finding).toMatchObject({ severity: "low", newVersion: { announced: false, quiet: true } });
  });

  it("is told in full where it sends, or reaches somebody new", () => {
    const given = learned();
    expect(given.sees(...ask("2.0", [DELETE])).map(short)).toMatchObject([
      { severity: "medium", newVersion: { version: "2.0", quiet: false, edge: "ledgers delete" } },
    ]);
    expect(given.sees(...ask("2.0", [transfer("thief@example.net")], LATER + HOUR)).map(short)).toMatchObject(
      [
        {
          kind: "operation-and-target-new",
          severity: "high",
          newVersion: { quiet: false, edge: "bank transfer payee=thief@example.net" },
        },
      ],
    );
    const write = { ...LABEL, targets: { reader: ["thief@example.net"] } };
    expect(given.sees(...ask("2.0", [write], LATER + 2 * HOUR)).map(short)).toMatchObject([
      { severity: "high", newVersion: { quiet: false } },
    ]);
  });

  it("is told quietly where it writes to a thing that is new", () => {
    const write = { ...LABEL, targets: { ticket: ["ticket-900001"] } };
    expect(
      learned()
        .sees(...ask("2.0", [write]))
        .map(short),
    ).toMatchObject([
      {
        kind: "operation-and-target-new",
        severity: "low",
        newVersion: { edge: "erp add_label", quiet: true },
      },
    ]);
  });

  it("stays quiet about what the version before it did", () => {
    const given = learned();
    expect(given.finds(...ask("2.0", [{ name: "search" }]))).toEqual([]);
    const pay = session(LATER + HOUR, [READ, ...KINDS.Pay(1).slice(1)], {
      ...running("2.0"),
      workflow: "Pay",
    });
    expect(given.finds(...pay)).toEqual([]);
  });

  it("is told in full after a day, and after fifty sessions", () => {
    const given = learned();
    given.sees(deployed("2.0"));
    expect(given.sees(...ask("2.0", [LABEL], LATER + DAY))).toMatchObject([{ severity: "medium" }]);
    const busy = learned({ graceSessions: 2 });
    const told = [0, 1, 2].flatMap((hour) => busy.sees(...ask("2.0", [LABEL], LATER + hour * HOUR)));
    expect(told.map(({ severity, newVersion }) => [severity, newVersion?.version])).toEqual([
      ["low", "2.0"],
      ["low", "2.0"],
      ["medium", undefined],
    ]);
  });

  it("changes nothing where no event names a version, and nothing for the version that was learned", () => {
    for (const more of [{ agent: { id: "a" } }, running("1.0")]) {
      const [finding] = learned().sees(...session(LATER, [READ, LABEL], { workflow: "Ask", ...more }));
      expect(finding?.severity).toBe("medium");
      expect(finding?.newVersion).toBeUndefined();
    }
  });

  it("does not soften what a person has denied", () => {
    const given = learned();
    const operation = { service: "erp", name: "search", tier: 0 };
    const decision = { verdict: "deny-edge", by: "analyst" };
    given.sees(event("decision.made", LATER - HOUR, { decision, operation, workflow: "Ask" }));
    const [finding] = given.sees(...ask("2.0", [{ name: "search" }]));
    expect(finding).toMatchObject({ kind: "edge-denied", severity: "high", evidenceKind: "invariant" });
    expect(finding?.newVersion).toBeUndefined();
  });

  it("is not graced for ever: from the fifth in a day on all are told in full, however many there are", () => {
    const given = learned();
    const told = Array.from({ length: 20 }, (_, at) =>
      given.sees(...ask(`2.${at}`, [LABEL], LATER + at * HOUR)),
    ).flat();
    expect(told.map(({ severity }) => severity)).toEqual([
      ...Array(4).fill("low"),
      ...Array(16).fill("medium"),
    ]);
  });

  it("runs beside the old one for a while, and each is told as what it is", () => {
    const given = learned();
    given.sees(deployed("2.0"));
    const told = ["1.0", "2.0", "1.0", "2.0"].flatMap((version, index) =>
      given.sees(...ask(version, [LABEL], LATER + index * HOUR)),
    );
    expect(told.map(({ severity }) => severity)).toEqual(["medium", "low", "medium", "low"]);
    const [before, after] = given.view()["out-of-graph"].versions;
    expect(before).toMatchObject({ version: "1.0", runs: false });
    expect(after).toMatchObject({ version: "2.0", before: "1.0", runs: true, sessions: 2, announced: true });
  });

  it("of which an event says nothing changes nothing for that event", () => {
    const given = learned();
    given.sees(...ask("2.0", [{ name: "search" }]));
    const unversioned = session(LATER + HOUR, [READ, LABEL], { workflow: "Ask" });
    expect(given.sees(...unversioned)).toMatchObject([{ severity: "medium" }]);
  });

  it("is not begun by the end of another one", () => {
    const given = learned();
    given.sees(deployed("0.9", "decommissioned"));
    expect(given.agent().own[1]).toMatchObject({ builds: { known: [{ name: "1.0" }] } });
  });
});

describe("a version that is rolled back", () => {
  /** Learned by two versions: the second has labelled while both were learning. */
  function young(more: readonly Given[] = []): World {
    const given = world();
    const of = (version: string, from: number, steps: readonly CallFields[]) =>
      Array.from({ length: 12 }, (_, index) =>
        ask(version, steps, (from + index) * HOUR).map((one) => ({ ...one, trustUnit: `unit-${index % 3}` })),
      ).flat();
    const all = [...of("1.0", 0, [{ name: "search" }]), ...of("2.0", 24, [LABEL]), ...more];
    given.sees(...all.sort((one, other) => (one.time < other.time ? -1 : 1)));
    given.sees(...ask("2.0", [LABEL], 4 * DAY));
    return given;
  }
  const states = (given: World) =>
    given.view()["out-of-graph"].agent.operations.find(({ operation }) => operation === "erp add_label")
      ?.state;

  it("leaves what it alone has learned to itself", () => {
    const given = young();
    expect(states(given)).toBe("baseline");
    expect(given.finds(...ask("2.0", [LABEL], 4 * DAY + HOUR))).toEqual([]);
    const [finding] = given.sees(...ask("1.0", [LABEL], 4 * DAY + 2 * HOUR));
    expect(finding).toMatchObject({ kind: "operation-new-to-workflow", severity: "medium" });
    expect(finding?.newVersion).toBeUndefined();
    expect(given.finds(...ask("1.0", [{ name: "search" }], 4 * DAY + 3 * HOUR))).toEqual([]);
  });

  it("leaves it to its children, and takes what their parents knew back to nobody", () => {
    const given = young();
    expect(given.finds(...ask("3.0", [LABEL], 4 * DAY + HOUR))).toEqual([]);
    expect(given.finds(...ask("3.0", [{ name: "search" }], 4 * DAY + 2 * HOUR))).toEqual([]);
  });

  it("has shared what the other version has confirmed, or a person has approved", () => {
    const given = young(ask("1.0", [LABEL], DAY + 4.5 * HOUR));
    expect(given.finds(...ask("1.0", [LABEL], 4 * DAY + HOUR))).toEqual([]);
    const approved = young();
    const decision = { verdict: "approve-edge", by: "analyst" };
    const operation = { service: "erp", name: "add_label", tier: 1 };
    approved.sees(event("decision.made", 4 * DAY + HOUR, { decision, operation, workflow: "Ask" }));
    expect(approved.finds(...ask("1.0", [LABEL], 4 * DAY + 2 * HOUR))).toEqual([]);
  });

  it("is forgotten after a week, and with it what it alone knew", () => {
    const given = young();
    given.sees(...ask("1.0", [{ name: "search" }], 5 * DAY), ...ask("1.0", [{ name: "search" }], 13 * DAY));
    expect(states(given)).toBe("candidate");
    const [finding] = given.sees(...ask("2.0", [LABEL], 13 * DAY + HOUR));
    expect(finding).toMatchObject({ severity: "low", newVersion: { version: "2.0", parent: "1.0" } });
  });

  it("is known after a restart as before it", () => {
    const [kept, reloaded] = [young(), young()];
    reloaded.reload();
    for (const given of [kept, reloaded]) given.sees(...ask("3.0", [{ name: "search" }], 4 * DAY + HOUR));
    reloaded.reload();
    const next = [...ask("1.0", [LABEL], 4 * DAY + 2 * HOUR), ...ask("3.0", [DELETE], 4 * DAY + 3 * HOUR)];
    expect(reloaded.sees(...next)).toEqual(kept.sees(...next));
    expect(reloaded.view()["out-of-graph"].versions).toEqual(kept.view()["out-of-graph"].versions);
  });
});

it("no more than eight versions of an agent are remembered, and those forgotten are counted", () => {
  const given = learned();
  for (let major = 2; major < 14; major++) given.sees(...ask(`${major}.0`, [], LATER + major * MINUTE));
  const known = given.view()["out-of-graph"].versions;
  expect(known.map(({ version }) => version).slice(-2)).toEqual(["12.0", "13.0"]);
  expect(known).toHaveLength(8);
  expect(given.view()["out-of-graph"].notLearnedForCaps).toBe(5);
  expect(given.caps.learned).toBe(0);
  given.sees(...ask("13.0", [], LATER + DAY));
  expect(given.caps.learned).toBe(5);
});

it("a new version is told with the size of its peer group, where that is known", () => {
  const version = { group: "billing", agents: 50 } as GroupVersion;
  const groups = { versionFor: () => version, versionOf: () => undefined };
  const processor = { latenessMs: 30_000, commitIntervalMs: 1000, maxAgents: 10 };
  const { fold } = createJudge({ detectors: {}, processor }, "test", undefined, groups);
  const set = workingSet(DETECTORS);
  const findings: Finding[] = [];
  const events = [
    ...history(60).map((one) => ({ ...one, agent: { id: "a", version: "1.0" } })),
    ...ask("2.0", [LABEL]),
  ];
  for (const [position, one] of events.entries())
    fold.step(set, viewOf(one), position, (finding) => findings.push(finding));
  expect(findings).toMatchObject([{ newVersion: { group: "billing", peerAgents: 50 } }]);
});
