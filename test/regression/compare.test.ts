import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compared, type Tolerance } from "./compare.ts";
import { simulated } from "./simulated.ts";
import type { Story } from "./story.ts";

const REFERENCE: { readonly tolerance: Tolerance; readonly stories: { readonly simulated: Story } } =
  JSON.parse(readFileSync(join(import.meta.dirname, "reference.json"), "utf8"));
const TOLERANCE = { moreBenign: 0.01, fewerAttacks: 0.05, lowerFigure: 0.005 };
const STORY: Story = {
  sessions: { benign: 100, injected: 10 },
  fired: { rule: ["benign b1 1", "injected i1 4", "injected i2 4", "injected i2 5"] },
  figures: { AUC: 0.98 },
};
const changes = (now: Partial<Story>) =>
  compared({ story: STORY }, { story: { ...STORY, ...now } }, TOLERANCE).map(
    ({ text, isBeyond }) => `${isBeyond ? "! " : ""}${text}`,
  );

describe("a comparison of what fires", () => {
  it("says nothing where nothing changed", () => {
    expect(changes({})).toEqual([]);
  });

  it("tolerates a benign session that is new, not two", () => {
    const fired = (...more: readonly string[]) => ({
      fired: { rule: [...(STORY.fired.rule ?? []), ...more] },
    });
    expect(changes(fired("benign b7 1"))).toEqual(["story: rule in benign: fires more, 1 sessions: b7"]);
    expect(changes(fired("benign b7 1", "benign b8 2"))).toEqual([
      "! story: rule in benign: fires more, 2 sessions: b7, b8",
    ]);
  });

  it("tolerates no attack that is lost or found later, and any that is found besides", () => {
    expect(changes({ fired: { rule: ["benign b1 1", "injected i2 4", "injected i2 5"] } })).toEqual([
      "! story: rule in injected: fires less, 1 sessions: i1",
    ]);
    expect(
      changes({ fired: { rule: ["benign b1 1", "injected i1 9", "injected i2 4", "injected i2 5"] } }),
    ).toEqual(["! story: rule in injected: fires elsewhere, 1 sessions: i1 (4 -> 9)"]);
    expect(changes({ fired: { ...STORY.fired, other: ["injected i3 1"] } })).toEqual([
      "story: other in injected: fires more, 1 sessions: i3",
    ]);
  });

  it("tolerates no session that is played no longer, and tells of those that are new", () => {
    expect(changes({ sessions: { benign: 100 }, fired: { rule: ["benign b1 1"] } })).toEqual([
      "! story: injected: 10 -> 0 sessions",
      "! story: rule in injected: fires less, 2 sessions: i1, i2",
    ]);
    expect(changes({ sessions: { ...STORY.sessions, injected: 11, looping: 2 } })).toEqual([
      "story: injected: 10 -> 11 sessions",
      "story: looping: 0 -> 2 sessions",
    ]);
  });

  it("weighs figures", () => {
    expect(changes({ figures: { AUC: 0.976 } })).toEqual(["story: AUC: 0.9800 -> 0.9760"]);
    expect(changes({ figures: { AUC: 0.97 } })).toEqual(["! story: AUC: 0.9800 -> 0.9700"]);
    expect(changes({ figures: {} })).toEqual(["! story: AUC: 0.9800 -> NaN"]);
  });

  it("tells of stories that only one side has", () => {
    expect(compared({ gone: STORY }, { come: STORY }, TOLERANCE)).toEqual([
      { text: "gone: not played", isBeyond: false },
      { text: "come: new", isBeyond: false },
    ]);
  });
});

describe("the simulated story", () => {
  it("fires as the reference says, and has every kind of attack", () => {
    const story = simulated();
    expect(Object.keys(story.sessions)).toEqual(["benign", "injected", "refreshLoop", "stolenToken"]);
    expect(story.figures["AUC of injected"]).toBeGreaterThan(0.99);
    const { stories, tolerance } = REFERENCE;
    const differences = compared({ simulated: stories.simulated }, { simulated: story }, tolerance);
    expect(differences.filter(({ isBeyond }) => isBeyond)).toEqual([]);
  });
});
