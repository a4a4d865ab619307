/** What the processor is compared with: kafkajs' own consumer, as its documents show it, one record after the other. */
import kafkajs from "kafkajs";
import { registerCodecs } from "../../../services/adapters/kafka/codecs.ts";
import { type Sample, startStopwatch } from "../measure.ts";
import { plainFold } from "../plain.ts";
import type { Preloaded } from "./preload.ts";
import { newName } from "./servers.ts";

/** Reads the whole log and parses each event; nothing else. */
export const parseAll = (log: Preloaded): Promise<Sample> =>
  consumeAll(log, (value) => {
    JSON.parse(value.toString());
  });

/** Reads the whole log and judges each event the obvious way, with nothing stored. */
export function judgePlainly(log: Preloaded): Promise<Sample> {
  const judgeLine = plainFold();
  return consumeAll(log, (value) => {
    judgeLine(value.toString());
  });
}

/** Measured from the first batch to the last event. */
async function consumeAll(log: Preloaded, handle: (value: Buffer) => void): Promise<Sample> {
  registerCodecs();
  const kafka = new kafkajs.Kafka({ brokers: [...log.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: newName(), maxWaitTimeInMs: 100 });
  const done = Promise.withResolvers<Sample>();
  let stop: ReturnType<typeof startStopwatch> | undefined;
  let read = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [`${log.topicPrefix}events`], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { messages } }) => {
      stop ??= startStopwatch();
      for (const { value } of messages) if (value !== null) handle(value);
      read += messages.length;
      if (read >= log.events) done.resolve(stop(log.events));
    },
  });
  return done.promise.finally(() => consumer.disconnect());
}
