import { describe, expect, it } from "vitest";
import { OffgraphError } from "../schemas/errors.ts";
import { unlessFenced, untilNotFenced } from "../services/take-over.ts";

const fenced = new OffgraphError("fenced", "somebody else has it");

/** A task that is fenced so many times, the pauses in between, and how often it was tried. */
async function tried(times: number) {
  const pausesMs: number[] = [];
  let tries = 0;
  const sleep = async (ms: number) => void pausesMs.push(ms);
  const answer = untilNotFenced({ sleep }, async () => {
    if (++tries <= times) throw fenced;
    return tries;
  });
  return { answer: await answer.catch((error: unknown) => error), pausesMs };
}

describe("what several owners write", () => {
  it("is tried again after a pause, until nobody comes in between", async () => {
    const { answer, pausesMs } = await tried(3);
    expect(answer).toBe(4);
    expect(pausesMs).toHaveLength(3);
    expect(Math.min(...pausesMs)).toBeGreaterThan(0);
  });
  it("is not told as the loss of a partition when others were quicker each time", async () => {
    const { answer } = await tried(Number.POSITIVE_INFINITY);
    expect(answer).toMatchObject({ code: "unavailable", cause: fenced });
  });
  it("is not tried again when something else has failed", async () => {
    let tries = 0;
    const task = async () => {
      tries++;
      throw new Error("down");
    };
    await expect(untilNotFenced({ sleep: async () => {} }, task)).rejects.toThrow("down");
    expect(tries).toBe(1);
  });
});

describe("an owner that is fenced", () => {
  it("leaves the work to the one that followed it, and any other error comes out", () => {
    expect(() => unlessFenced(fenced)).not.toThrow();
    expect(() => unlessFenced(new Error("down"))).toThrow("down");
  });
});
