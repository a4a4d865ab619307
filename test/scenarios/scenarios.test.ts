/**
 * Stories with pinned expectations: each folder has a README.md, its events (events.jsonl, or simulated.json for the
 * simulator), and expected.json. Expectations change on purpose only: `npx vitest run test/scenarios --update`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import { population } from "../../services/simulator/agents.ts";
import { ATTACKS, type AttackKind } from "../../services/simulator/attacks.ts";
import { history } from "../../services/simulator/history.ts";
import { world } from "../detectors/given.ts";

interface Simulated {
  readonly seed: number;
  readonly agents: number;
  readonly days: number;
  readonly end: string;
  readonly attack?: { readonly kind: AttackKind; readonly agent: number };
}

const GAP_MS = 500;
const stories = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
);

function* events(folder: string): Generator<object> {
  const recorded = join(folder, "events.jsonl");
  if (existsSync(recorded)) return yield* lines(readFileSync(recorded, "utf8"));
  const { attack, end, ...options }: Simulated = JSON.parse(
    readFileSync(join(folder, "simulated.json"), "utf8"),
  );
  const startMs = Date.parse(end);
  yield* history({ ...options, end: startMs });
  if (attack === undefined) return;
  const agent = population(options.seed, options.agents)[attack.agent];
  if (agent === undefined) throw new Error(`${folder} attacks an agent that it does not have`);
  yield* ATTACKS[attack.kind]({ seed: options.seed, agent, startMs, gapMs: GAP_MS }).events;
}

const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);

/** What a reader of the story wants to know of a finding. */
function told({
  detector,
  kind,
  severity,
  time,
  agent,
  session,
  eventIds,
  summary,
  expected,
  rarity,
}: Finding) {
  return {
    detector,
    kind,
    severity,
    time,
    agent,
    session,
    trigger: eventIds.at(-1),
    events: eventIds.length,
    summary,
    expected,
    rarity,
  };
}

describe.each(stories.map(({ name }) => name))("the story of %s", (name) => {
  const folder = join(import.meta.dirname, name);

  it("is told", () => {
    expect(readFileSync(join(folder, "README.md"), "utf8")).toMatch(/^# .+\n\n[\s\S]+\nExpected: /);
  });

  it("gives just the findings that are expected", async () => {
    const given = world();
    const findings: Finding[] = [];
    for (const event of events(folder)) findings.push(...given.sees(event));
    await expect(`${JSON.stringify(findings.map(told), undefined, 2)}\n`).toMatchFileSnapshot(
      join(folder, "expected.json"),
    );
  });
});
