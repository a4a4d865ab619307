/** What every detector must pass. `test/conformance/detectors.test.ts` runs it over the catalogue. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Detector } from "../../detectors/detector.ts";
import { decodeAgent, encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { type WorkingSet, workingSet } from "../../detectors/fold/working-set.ts";
import { createFold } from "../../detectors/fold.ts";
import { TAXONOMY } from "../../detectors/tags.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns } from "../../schemas/event-view.ts";
import { Finding } from "../../schemas/finding.ts";
import { ATTACKED, adversaries, holed, quiet, repeated, story, type Told } from "./detector-story.ts";

interface Options {
  readonly key?: string;
  readonly firstPosition?: number;
  /** Indices of events before which all state is written and read back. */
  readonly reloadAt?: ReadonlySet<number>;
}
interface Run {
  readonly findings: readonly Finding[];
  readonly set: WorkingSet;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
/** Most bytes that a detector may hold of one agent, whatever that agent does; sessions and tokens included. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Folds events with one detector alone. */
function run(
  detector: Detector,
  events: Iterable<Told>,
  { key = "0123456789abcdef", firstPosition = 0, reloadAt }: Options = {},
): Run {
  const settings = [detector.settings.parse({})];
  const fold = createFold(
    [detector],
    settings,
    { latenessMs: 30_000 },
    { digest: sha256, settings: "", key: "test" },
  );
  const scanner = new EventScanner(hashKey(Buffer.from(key)));
  const view = new EventView(eventColumns(1));
  const findings: Finding[] = [];
  let [set, at] = [workingSet([detector]), 0];
  for (const event of events) {
    const line = lineOf(event);
    if (!scanner.scan(line, 0, line.length, view.columns, 0, false))
      throw new Error(`cannot be scanned: ${line}`);
    if (reloadAt?.has(at)) set = reloaded(set, detector, settings);
    fold.step(set, view.move(0), firstPosition + at++, (finding) => findings.push(finding));
  }
  return { findings, set };
}

const lines = new WeakMap<Told, Buffer>();
function lineOf(event: Told): Buffer {
  const line = lines.get(event) ?? Buffer.from(JSON.stringify(event));
  lines.set(event, line);
  return line;
}

function reloaded(old: WorkingSet, detector: Detector, settings: readonly unknown[]): WorkingSet {
  const set = workingSet([detector]);
  for (const agent of old.agents.values())
    expect(decodeAgent(encodeAgent(agent, [detector], old), [detector], settings, set)?.unreadable).toEqual(
      [],
    );
  return set;
}

const bytesOf = (set: WorkingSet, detector: Detector) =>
  [...set.agents.values()].reduce(
    (sum, agent) =>
      sum +
      [...encodeAgent(agent, [detector], set).values()].reduce((total, { length }) => total + length, 0),
    0,
  );
const bytes = (findings: readonly Finding[]) => findings.map((finding) => JSON.stringify(finding));

export function detectorConformance(detector: Detector): void {
  describe(detector.id, () => {
    const told = run(detector, story);
    const expected = bytes(told.findings);

    it("makes findings of the attacks, and only such as the schema describes", () => {
      expect(expected.length).toBeGreaterThan(3);
      for (const finding of told.findings) expect(Finding.parse(finding)).toEqual(finding);
    });

    it("is quiet on quiet days", () => {
      expect(bytes(run(detector, quiet).findings)).toEqual([]);
    });

    it("makes the same findings of the same events, byte for byte, whatever the key and the positions", () => {
      expect(bytes(run(detector, story).findings)).toEqual(expected);
      expect(
        bytes(run(detector, story, { key: "another key here", firstPosition: 1_000_000 }).findings),
      ).toEqual(expected);
    });

    it("makes them for each agent alone as for all together", () => {
      const agents = new Set(told.findings.map(({ agent }) => agent));
      for (const agent of agents) {
        const own = story.filter((event) => (event.agent as { id?: string }).id === agent);
        expect(bytes(run(detector, own).findings)).toEqual(
          bytes(told.findings.filter((finding) => finding.agent === agent)),
        );
      }
    });

    it("keeps its state through writing and reading back in mid-stream", () => {
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.nat({ max: story.length - 1 }), { minLength: 1, maxLength: 40 }),
          (points) => {
            expect(bytes(run(detector, story, { reloadAt: new Set(points) }).findings)).toEqual(expected);
          },
        ),
        { numRuns: 2 },
      );
    });

    it("is not changed by repeated events", () => {
      const twice = story.flatMap((event, at) =>
        at % 3 === 0 ? [event, event] : at >= 40 && at % 5 === 0 ? [event, story[at - 40] as Told] : [event],
      );
      const again = run(detector, twice);
      expect(bytes(again.findings)).toEqual(expected);
      expect(bytesOf(again.set, detector)).toBe(bytesOf(told.set, detector));
    });

    it.each(holed)("neither throws nor fires on quiet sessions where events lack %s", (_, events) => {
      const { findings } = run(detector, events);
      expect(bytes(findings.filter(({ eventIds }) => !ATTACKED.has(eventIds.at(-1) ?? "")))).toEqual([]);
    });

    it.each(adversaries)("holds a bounded state of an agent that invents %s", (_, events) => {
      const [once, twice] = [events.slice(0, events.length / 2), events].map((some) =>
        bytesOf(run(detector, some).set, detector),
      ) as [number, number];
      expect(twice).toBeLessThan(MOST_BYTES);
      expect(twice).toBeLessThan(once * 1.2);
    });

    it("does not learn an attack, however often it is repeated", () => {
      const days = new Map<string, Set<string>>();
      const after = quiet.at(-1)?.time ?? "";
      for (const { agent, time } of run(detector, [...quiet, ...repeated(10)]).findings)
        if (time > after) days.set(agent, (days.get(agent) ?? new Set()).add(time.slice(0, 10)));
      expect(days.size).toBeGreaterThan(0);
      for (const [agent, seen] of days) expect(seen.size, agent).toBe(10);
    });

    documentation(detector);
  });
}

/** What a person needs to know of a detector is there, and each kind of finding has its test. */
function documentation(detector: Detector): void {
  const { about, id } = detector;

  it("says what it sees, what it misses, when it errs and what to do", () => {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const sentence of [about.title, about.summary]) expect(sentence.length).toBeGreaterThan(10);
    for (const list of [about.formulas, about.blindSpots, about.falsePositives, about.references])
      expect(list.length).toBeGreaterThan(0);
    expect(about.runbook.length).toBeGreaterThanOrEqual(3);
    expect(detector.on.length).toBeGreaterThan(0);
  });

  it.each(Object.entries(about.kinds))(
    "says when %s fires and what silences it, and has a test of it",
    (name, kind) => {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(Math.min(kind.fires.length, kind.silencedBy.length)).toBeGreaterThan(20);
      expect(kind.tags.length).toBeGreaterThan(0);
      for (const tag of kind.tags) expect(TAXONOMY).toHaveProperty(tag);
      expect(testsOf(id)).toContain(`"${name}"`);
    },
  );

  it("says of every setting what it means, of numbers what raising or lowering them does, and has a default for it", () => {
    const { properties = {} } = z.toJSONSchema(detector.settings, { io: "input" });
    const explained = { description: expect.any(String), default: expect.anything() };
    for (const [name, schema] of Object.entries(properties)) {
      expect(schema, name).toMatchObject(explained);
      const { type, description } = schema as { type?: string; description?: string };
      if (type === "number" || type === "integer") expect(description, name).toMatch(/\b(Higher|Lower): \S/);
    }
  });
}

/** The text of a detector's tests, which may stand in several files. */
function testsOf(id: string): string {
  const folder = join(import.meta.dirname, "../detectors");
  const files = readdirSync(folder).filter((name) => name.startsWith(id) && name.endsWith(".test.ts"));
  return files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
}
