import { describe, expect, it } from "vitest";
import type { Detector } from "../../detectors/detector.ts";
import { DetectorFailure } from "../../detectors/fold/hearing.ts";
import { workingSet } from "../../detectors/fold/working-set.ts";
import { createFold } from "../../detectors/fold.ts";
import { tokenReuse } from "../../detectors/token-reuse.ts";
import { call, DAY, event, HOUR, viewOf } from "./given.ts";
import { iso } from "./tokens.ts";

const provenance = { digest: () => "", settings: "", key: "test" };
const broken = (): never => {
  throw new Error("broken");
};
const hooks = ["sessionEnded", "tokenEnded", "epochEnded"] as const;

/** An agent's session, token and day, and an event that ends them all; answers what the fold makes of that one. */
function lastOf(hook: (typeof hooks)[number], without?: ReadonlySet<string>) {
  const detector = { ...tokenReuse, [hook]: broken } as unknown as Detector;
  const fold = createFold([detector], [detector.settings.parse({})], { latenessMs: 30_000 }, provenance);
  const set = workingSet([detector]);
  const token = { publicId: "jti", expiresAt: iso(HOUR) };
  fold.step(set, viewOf(event("token.issued", 0, { token })), 0, () => {});
  return () => fold.step(set, viewOf(call(3 * DAY)), 1, () => {}, without);
}

describe("a detector that throws where something has ended", () => {
  it.each(hooks)("fails as itself in %s", (hook) => {
    expect(lastOf(hook)).toThrow(DetectorFailure);
    expect(lastOf(hook)).toThrow("detector token-reuse failed");
  });

  it.each(hooks)("is not called in %s at an event where it is left out", (hook) => {
    expect(lastOf(hook, new Set(["token-reuse"]))()).toBe("folded");
    expect(lastOf(hook, new Set(["another"]))).toThrow(DetectorFailure);
  });
});

describe("a repeat", () => {
  const fold = createFold([], [], { latenessMs: 30_000 }, provenance);
  const verdicts = (...events: object[]) => {
    const set = workingSet([]);
    return events.map((one, position) => fold.step(set, viewOf(one), position, () => {}));
  };
  const one = call(0);

  it("is dropped when the same source tells it again", () => {
    expect(verdicts(one, one)).toEqual(["folded", "duplicate"]);
  });

  it("is none when another source has used the id", () => {
    expect(verdicts({ ...one, source: "another" }, one)).toEqual(["folded", "folded"]);
  });
});
