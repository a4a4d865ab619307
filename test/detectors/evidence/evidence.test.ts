import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../../detectors/codec.ts";
import { promote, readAgentEvidence, writeAgentEvidence } from "../../../detectors/evidence/memory.ts";
import { terms } from "../../../detectors/evidence/observe.ts";
import { partsOfScore, raiseScore, scoreOf } from "../../../detectors/evidence/score.ts";
import {
  newSessionEvidence,
  readSessionEvidence,
  restartSessionEvidence,
  type SessionEvidence,
  writeSessionEvidence,
} from "../../../detectors/evidence/session.ts";
import { SHIPPED } from "../../../detectors/evidence/shipped.ts";
import { TERMS } from "../../../detectors/evidence/term.ts";
import { CONTEXTS, contextOf } from "../../../detectors/evidence/weights.ts";
import { acquainted, lived, observed, READ, target } from "./acquainted.ts";

const STRANGER = target("recipient", "x9q.vlk@zzkwj.net");
const FRIEND = target("recipient", "ann.miller@firm.io");

describe("a stranger", () => {
  it("is a new party to an agent that pays the same three people", () => {
    const found = observed(acquainted(), newSessionEvidence(), READ, { targets: [STRANGER] });
    expect(found["new-party"]).toBeGreaterThan(3);
  });

  it("is none once enough trust units have paid it", () => {
    const memory = acquainted();
    for (const unit of [1, 2]) lived(memory, [READ, { targets: [STRANGER] }], { unit });
    promote(memory, { needed: 2, learning: true, sessions: 5 });
    expect(observed(memory, newSessionEvidence(), READ, { targets: [STRANGER] })).not.toHaveProperty(
      "new-party",
    );
  });

  it("stays one however often a single trust unit pays it", () => {
    const memory = acquainted();
    const before = observed(memory, newSessionEvidence(), READ, { targets: [STRANGER] })["new-party"];
    for (let day = 1; day <= 50; day++) lived(memory, [READ, { targets: [STRANGER] }], { unit: 7, day });
    promote(memory, { needed: 2, learning: true, sessions: 5 });
    const after = observed(memory, newSessionEvidence(), READ, { targets: [STRANGER] })["new-party"];
    expect(after).toBeGreaterThanOrEqual(before ?? 0);
  });

  it("does not become known to a sensitive operation after learning, without a person", () => {
    const memory = acquainted();
    const unapproved = { targets: [STRANGER], isLearnable: false };
    for (let unit = 1; unit <= 9; unit++) lived(memory, [READ, unapproved], { unit, day: unit });
    promote(memory, { needed: 2, learning: false, sessions: 5 });
    expect(observed(memory, newSessionEvidence(), READ, { targets: [STRANGER] })).toHaveProperty("new-party");
  });

  it("weighs less if its letters are those of people who are known", () => {
    const memory = acquainted();
    const similar = target("recipient", "annmiller@firm.io");
    const found = observed(memory, newSessionEvidence(), READ, { targets: [similar] })["new-party"] ?? 0;
    expect(found).toBeLessThan(
      observed(memory, newSessionEvidence(), READ, { targets: [STRANGER] })["new-party"] ?? 0,
    );
  });

  it("counts for nothing before anything has answered", () => {
    const found = observed(acquainted(), newSessionEvidence(), {
      targets: [STRANGER],
      surpriseBits: 9,
      isNewOperation: true,
    });
    expect(found).toEqual({});
  });

  it("is told by where it came from, if that is known", () => {
    const fromOutput = target("recipient", "x9q.vlk@zzkwj.net", 2);
    const found = observed(acquainted(), newSessionEvidence(), READ, {
      targets: [fromOutput],
      sourced: 2,
      fromOutput: 1,
    });
    expect(found).toMatchObject({ "output-party": 1, "output-share": 0.5 });
  });
});

describe("a friend", () => {
  it("is no evidence", () => {
    expect(observed(acquainted(), newSessionEvidence(), READ, { targets: [FRIEND] })).toEqual({
      "follows-read": 1,
      surprise: 1,
    });
  });

  it("is one too under an address that nobody can own", () => {
    const reserved = target("recipient", "lily@example.com");
    const found = observed(acquainted(), newSessionEvidence(), READ, { targets: [reserved] });
    expect(found).toMatchObject({ "reserved-name": 1 });
    expect(found).not.toHaveProperty("new-party");
  });
});

describe("codes and wording", () => {
  it("are new in a workflow that always uses the same", () => {
    const targets = [target("product_id", "P777"), target("subject", "Jacuzzi voucher xyz")];
    const found = observed(acquainted(), newSessionEvidence(), READ, { targets });
    expect(found["new-code"]).toBeGreaterThan(2);
    expect(found["new-text"]).toBeGreaterThan(1);
  });

  it("are nothing if they only stand for a value", () => {
    const targets = [
      target("product_id", "the_product_id"),
      target("repo_name", "[repo name]"),
      target("subject", "null"),
    ];
    expect(observed(acquainted(), newSessionEvidence(), READ, { targets })).toEqual({
      "follows-read": 1,
      surprise: 1,
    });
  });

  it("are expected to be new where most are", () => {
    const memory = acquainted();
    for (let unit = 1; unit <= 80; unit++)
      lived(memory, [READ, { operation: 6, targets: [target("subject", `note ${unit} qwe${unit}rty`)] }], {
        unit,
      });
    promote(memory, { needed: 2, learning: true, sessions: 5 });
    const found = observed(memory, newSessionEvidence(), READ, {
      operation: 6,
      targets: [target("subject", "zebra xylophone")],
    });
    expect(found["new-text"] ?? 0).toBeLessThan(1.1);
  });
});

describe("the operation", () => {
  it("is evidence if it writes and is not in the graph, less if it failed", () => {
    const found = observed(acquainted(), newSessionEvidence(), READ, {
      isNewOperation: true,
      surpriseBits: 15,
      result: 3,
    });
    expect(found).toEqual({ failed: 1, "follows-read": 1, surprise: 10, "new-operation": 1 });
  });

  it("is none if it reads", () => {
    const found = observed(acquainted(), newSessionEvidence(), READ, { isNewOperation: true, tier: 0 });
    expect(found).not.toHaveProperty("new-operation");
  });

  it("is less of a surprise after others that were new", () => {
    const steps = [1, 2, 3, 4].map(() => ({ isNewOperation: true }));
    expect(observed(acquainted(), newSessionEvidence(), READ, ...steps, {})).toMatchObject({
      "earlier-novelty": 3,
    });
  });
});

describe("the score", () => {
  const attack = () => {
    const session = newSessionEvidence();
    observed(acquainted(), session, READ, { targets: [STRANGER], isNewOperation: true, surpriseBits: 12 });
    return session;
  };

  it("is that of the worst call, and stays", () => {
    const session = newSessionEvidence();
    const memory = acquainted();
    const scores = [READ, { targets: [STRANGER] }, READ].map((step) => {
      observed(memory, session, step);
      raiseScore(session, SHIPPED.contexts.workflow, terms);
      return session.score;
    });
    expect(scores[1]).toBeGreaterThan(scores[0] ?? 0);
    expect(scores[2]).toBe(scores[1]);
    expect(session.at).toBe(1);
  });

  it("is the sum of its parts, which have names", () => {
    attack();
    const weights = SHIPPED.contexts.workflow;
    const parts = partsOfScore(weights, terms);
    const sum = parts.reduce((total, { points }) => total + points, weights.bias);
    expect(sum).toBeCloseTo(scoreOf(weights, terms), 9);
    expect(parts[0]?.name).toBe("new-party");
  });

  it("comes from weights that pull the way their terms say", () => {
    for (const context of CONTEXTS)
      for (const [at, { sign, needsProvenance }] of TERMS.entries()) {
        const weight = SHIPPED.contexts[context].terms[at] ?? 0;
        expect(weight * sign).toBeGreaterThanOrEqual(0);
        if (needsProvenance && !context.endsWith("provenance")) expect(weight).toBe(0);
      }
    expect(contextOf(3, false)).toBe("workflow");
    expect(contextOf(0, true)).toBe("agent+provenance");
  });
});

describe("what is remembered", () => {
  it("is written and read back", () => {
    const memory = acquainted();
    const to = new ByteWriter();
    writeAgentEvidence(memory, to);
    const again = readAgentEvidence(new ByteReader(to.take()));
    const step = { targets: [STRANGER, target("product_id", "P777"), target("subject", "Jacuzzi voucher")] };
    expect(observed(again, newSessionEvidence(), READ, step)).toEqual(
      observed(memory, newSessionEvidence(), READ, step),
    );
  });

  it("of a live session too, and nothing is left of one that has ended", () => {
    const memory = acquainted();
    const session = newSessionEvidence();
    observed(memory, session, READ, { targets: [FRIEND, STRANGER] });
    raiseScore(session, SHIPPED.contexts.workflow, terms);
    const written = (shown: SessionEvidence) => {
      const to = new ByteWriter();
      writeSessionEvidence(shown, to);
      return to.take();
    };
    expect(written(readSessionEvidence(new ByteReader(written(session))))).toEqual(written(session));
    restartSessionEvidence(session);
    expect(written(session)).toEqual(written(newSessionEvidence()));
  });
});
