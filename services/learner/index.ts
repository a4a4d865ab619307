/** The learner: adds up, once a day of event time, what the agents of each peer group have learned. */
import type { Settings } from "../../schemas/settings.ts";
import { every } from "../every.ts";
import type { Service } from "../http.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { type Learning, learnNewest } from "./learn.ts";

/** What the learner works on. */
interface LearnerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Partitions of the processor, and the space that its state lies in. */
  readonly partitions: number;
  readonly space: string;
  readonly settings: Pick<Settings, "detectors">;
}

const LOOK_MS = 5000;

/** Looks every five seconds whether a day is over. Any number of learners may run: they all come to the same. */
export function startLearner({ clock, ...learning }: LearnerOptions & Learning): Service {
  const stopping = new AbortController();
  const { signal } = stopping;
  const done = every(clock, LOOK_MS, signal, async () => {
    await learnNewest(learning, signal);
  });
  return {
    waitingFor: () => undefined,
    async stop() {
      stopping.abort();
      await done.catch(() => undefined);
    },
    done,
  };
}
