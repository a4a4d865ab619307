import { describe, expect, it } from "vitest";
import { inTurn, inTurnUntilOneFails } from "../services/in-turn.ts";

const failing = () => Promise.reject(new Error("odd"));

describe.each([
  ["inTurn", inTurn],
  ["inTurnUntilOneFails", inTurnUntilOneFails],
])("%s", (_name, open) => {
  it("begins a task when the one before it has ended, and answers what came of each", async () => {
    const queue = open();
    const told: string[] = [];
    const first = Promise.withResolvers<void>();
    const answers = [
      queue(async () => {
        await first.promise;
        told.push("first");
        return 1;
      }),
      queue(async () => {
        told.push("second");
        return 2;
      }),
    ];
    told.push("nothing yet");
    first.resolve();
    expect(await Promise.all(answers)).toEqual([1, 2]);
    expect(told).toEqual(["nothing yet", "first", "second"]);
  });

  it("tells the caller that its task has failed", async () => {
    await expect(open()(failing)).rejects.toThrow("odd");
  });
});

it("goes on after a failure, or does not, as was wished", async () => {
  const [going, ending] = [inTurn(), inTurnUntilOneFails()];
  await Promise.allSettled([going(failing), ending(failing)]);
  expect(await going(async () => 1)).toBe(1);
  await expect(ending(async () => 1)).rejects.toThrow("odd");
});
