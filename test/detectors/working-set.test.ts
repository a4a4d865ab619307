import { describe, expect, it } from "vitest";
import type { Detector } from "../../detectors/detector.ts";
import { decodeAgent, encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { groupOf, workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS, detectorSettingsOf } from "../../detectors/index.ts";
import { agentRow } from "../../detectors/rows.ts";
import { call, event, HOUR, SECOND, START, type World } from "./given.ts";
import { APPROVE, LATER, learned, READ, session } from "./sessions.ts";

const SETTINGS = detectorSettingsOf({});
const iso = (atMs: number) => new Date(START + atMs).toISOString();

/** An agent that has learned, with two sessions, a token and a family under way. */
function busy(): World {
  const given = learned();
  const token = {
    publicId: "jti",
    family: "f",
    audience: ["erp"],
    issuedAt: iso(LATER),
    expiresAt: iso(LATER + HOUR),
  };
  given.sees(
    event("token.issued", LATER, { token }),
    ...session(LATER + SECOND, [READ, APPROVE], { workflow: "Pay" }),
    call(LATER + 5 * SECOND, { token: { publicId: "jti" }, network: { node: "n-1" } }),
  );
  return given;
}
/** The bytes cut off at forty places. */
const cutsOf = (bytes: Uint8Array) =>
  Array.from({ length: 40 }, (_, i) => bytes.slice(0, Math.floor((bytes.length * i) / 40)));

/** The detectors as a later release would have them: this one a version further on. */
const upgraded = (id: string, by: number, read?: (version: number) => void): readonly Detector[] =>
  DETECTORS.map((detector) => {
    if (detector.id !== id) return detector;
    const { agent } = detector.columns;
    const columns = {
      ...detector.columns,
      agent: {
        ...agent,
        read(...args: Parameters<typeof agent.read>) {
          read?.(args[1]);
          return agent.read(...args);
        },
      },
    };
    return { ...detector, version: detector.version + by, columns };
  });

const NOBODY = agentRow("", "", 0, 0, []);

describe("an agent's stored entries", () => {
  it("are the shared rows, and one for each detector", () => {
    const entries = busy().encoded();
    expect([...entries.keys()]).toEqual(["row", ...DETECTORS.map(({ id }) => id)]);
  });

  it("hold everything: read back and written again they are the same bytes", () => {
    const entries = busy().encoded();
    const set = workingSet(DETECTORS);
    const read = decodeAgent(entries, DETECTORS, SETTINGS, set);
    expect(read?.unreadable).toEqual([]);
    expect(encodeAgent(read?.agent ?? NOBODY, DETECTORS, set)).toEqual(entries);
    expect([set.agents.size, set.sessions.size, set.tokens.size]).toEqual([1, 3, 1]);
  });

  it("of the previous version are read by its successor, which is told the version, with sessions and tokens", () => {
    const entries = busy().encoded();
    for (const { id, version } of DETECTORS) {
      const versions: number[] = [];
      const detectors = upgraded(id, 1, (given) => versions.push(given));
      const set = workingSet(DETECTORS);
      const read = decodeAgent(entries, detectors, SETTINGS, set);
      expect([versions, read?.unreadable]).toEqual([[version], []]);
      expect([set.sessions.size, set.tokens.size, read?.agent.clock]).toEqual([
        3,
        1,
        START + LATER + 5 * SECOND,
      ]);
      expect(encodeAgent(read?.agent ?? NOBODY, DETECTORS, set)).toEqual(entries);
    }
  });

  it("of a version that nobody can read any more begin anew for that detector alone, and it is said", () => {
    const entries = busy().encoded();
    const set = workingSet(DETECTORS);
    const read = decodeAgent(entries, upgraded("out-of-graph", 2), SETTINGS, set);
    expect(read?.unreadable).toEqual([{ agent: "a", detector: "out-of-graph" }]);
    const kept = encodeAgent(read?.agent ?? NOBODY, DETECTORS, set);
    for (const name of ["row", "refresh-storm", "token-reuse"])
      expect(kept.get(name)).toEqual(entries.get(name));
    expect(kept.get("out-of-graph")?.length).toBeLessThan(400);
  });

  it("that do not parse begin anew for their detector alone, wherever they are cut off or go on", () => {
    const entries = busy().encoded();
    for (const { id } of DETECTORS) {
      const whole = entries.get(id) ?? new Uint8Array();
      for (const bytes of [...cutsOf(whole), Uint8Array.of(...whole, 0)]) {
        const set = workingSet(DETECTORS);
        const read = decodeAgent(new Map(entries).set(id, bytes), DETECTORS, SETTINGS, set);
        expect(read?.unreadable).toEqual([{ agent: "a", detector: id }]);
        expect([set.sessions.size, set.tokens.size]).toEqual([3, 1]);
      }
    }
  });

  it("are nothing when the shared row does not parse", () => {
    const entries = busy().encoded();
    const row = entries.get("row") ?? new Uint8Array();
    for (const bytes of [
      ...cutsOf(row),
      Uint8Array.of(...row, 0),
      row.map((byte, at) => (at === 0 ? byte : 255)),
    ])
      expect(decodeAgent(new Map(entries).set("row", bytes), DETECTORS, SETTINGS)).toBeUndefined();
  });

  it("may lack a detector that is new, or hold one that is gone", () => {
    const entries = busy().encoded();
    const without = new Map([...entries].filter(([name]) => name !== "token-reuse"));
    expect(decodeAgent(without, DETECTORS, SETTINGS)?.unreadable).toEqual([
      { agent: "a", detector: "token-reuse" },
    ]);
    const fewer = DETECTORS.filter(({ id }) => id !== "token-reuse");
    expect(
      decodeAgent(
        entries,
        fewer,
        fewer.map((detector) => detector.settings.parse({})),
      )?.unreadable,
    ).toEqual([]);
  });

  it("are nothing without the row, or with the row of a newer program", () => {
    const entries = busy().encoded();
    expect(decodeAgent(new Map(), DETECTORS, SETTINGS)).toBeUndefined();
    const newer = new Map(entries).set(
      "row",
      Uint8Array.from(entries.get("row") ?? [], (byte, at) => (at === 0 ? 200 : byte)),
    );
    expect(decodeAgent(newer, DETECTORS, SETTINGS)).toBeUndefined();
  });
});

describe("a group", () => {
  it("is a tenant and an agent", () => {
    expect(groupOf("default", "billing-01")).toBe("default/billing-01");
  });
});
