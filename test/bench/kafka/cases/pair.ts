/** Two processors that share a log, against one that has it alone. */
import type { BenchOptions, Case } from "../../case.ts";
import { byTurns, type Sample, timesOf, type Variant } from "../../measure.ts";
import { linesOf } from "../lines.ts";
import { type Preloaded, preload } from "../preload.ts";
import { newName, servers } from "../servers.ts";
import { startWorker, type Told, type Worker } from "../wishes.ts";

const ONE = "one processor";
const TWO = "two processors";

/** Folds the whole log with these workers, from an empty state, until all is committed. */
async function foldAll(log: Preloaded, workers: readonly Worker[], folded: Folded): Promise<Sample> {
  const place = { ...log, storePrefix: newName() };
  const done = folded.begin(log.events);
  const before = await Promise.all(workers.map((worker) => worker.ask({ what: "look" })));
  await Promise.all(workers.map((worker) => worker.ask({ what: "process", place })));
  const fromMs = await done;
  const after = await Promise.all(workers.map((worker) => worker.ask({ what: "stop" })));
  const cpuMicros = after.reduce((sum, one, at) => sum + one.cpuMicros - before[at]!.cpuMicros, 0);
  const wallMs = Math.max(...after.map(({ atMs }) => atMs)) - fromMs;
  return { perSecond: (log.events * 1000) / wallMs, cpuNs: (cpuMicros * 1000) / log.events };
}

type Folded = ReturnType<typeof counting>;

/** Counts what all workers have folded; `begin` answers when the first batch was folded, once all are. */
function counting() {
  let [left, fromMs] = [0, 0];
  let done = Promise.withResolvers<number>();
  return {
    begin(events: number): Promise<number> {
      [left, fromMs] = [events, 0];
      done = Promise.withResolvers();
      return done.promise;
    },
    heard(told: Told): void {
      if (told.what !== "folded") return;
      fromMs ||= told.atMs;
      left -= told.events;
      if (left <= 0) done.resolve(fromMs);
    },
  };
}

/** `--only pair`. */
export const pairCase: Case = {
  name: "pair",
  about:
    "two processes that share a log, and one that has it alone; on two processors, with broker and Redis",
  async run({ benchFile, runs, note }: BenchOptions) {
    const log = await preload(await servers(), linesOf(benchFile()));
    const folded = counting();
    const workers = [startWorker(folded.heard), startWorker(folded.heard)];
    const variants: Variant[] = [
      { name: TWO, run: () => foldAll(log, workers, folded) },
      { name: ONE, run: () => foldAll(log, workers.slice(0, 1), folded) },
    ];
    try {
      await byTurns(variants, 1, (text) => note(`warming up, ${text}`));
      const samples = await byTurns(variants, runs, note);
      return [...timesOf(TWO, samples, [{ name: ONE, target: "cpu ≥ 0.87" }]), ...timesOf(ONE, samples)];
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()));
    }
  },
};
