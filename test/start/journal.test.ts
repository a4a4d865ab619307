import { pino } from "pino";
import { expect, it } from "vitest";
import { memoryStream } from "../../services/adapters/memory.ts";
import { startJournal } from "../../services/start/journal.ts";

/** A release, as the responder appends it; `position` is that of the decision. */
const release = (position: number) => ({
  stream: "actions" as const,
  partition: 0,
  value: Buffer.from(
    JSON.stringify({
      origin: { stage: "responder:decisions", partition: 0, position, index: 0 },
      value: { id: `act-${position}`, kind: "release", reason: "seen" },
    }),
  ),
});

it("the journal tells what comes once, also when its author appends it again after a start", async () => {
  const stream = memoryStream(1);
  const told: string[] = [];
  const last = Promise.withResolvers<void>();
  const logger = pino({ base: null }, { write: (line) => void note(JSON.parse(line).action) });
  const note = (action: string) => {
    told.push(action);
    if (action === "act-9") last.resolve();
  };
  await stream.append([release(1), release(2)]);
  const journal = startJournal(stream, logger);
  // Subscriptions begin in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  await stream.append([release(2), release(3)]);
  await stream.append([release(3), release(9)]);
  await last.promise;
  await journal.stop();
  expect(told).toEqual(["act-3", "act-9"]);
});
