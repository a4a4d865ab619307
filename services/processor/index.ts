/** The processor: every partition of `events` that this process owns, folded and committed. */
import type { ObservableCallback } from "@opentelemetry/api";
import { epochOf } from "../../detectors/fold/time.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import type { Settings } from "../../schemas/settings.ts";
import { usesPeers } from "../group-versions.ts";
import type { Service } from "../http.ts";
import { inTurn } from "../in-turn.ts";
import { createJudge } from "../judge.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Consumer, Stream } from "../ports/stream.ts";
import { unlessFenced } from "../take-over.ts";
import { followGroups, type GroupBook } from "./groups.ts";
import { cappedTotal, lagGauge, sessionsStanding } from "./metrics.ts";
import { openProcessorPartition, type ProcessorPartition } from "./partition.ts";
import type { ProcessorPartitionOptions } from "./state.ts";

export { relearn } from "./relearn.ts";

interface ProcessorOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "detectors" | "processor" | "tenant">;
  /** The installation's key: names are hashed with its secret, findings carry its name. */
  readonly key: { readonly name: string; readonly secret: Uint8Array };
}

interface Processor extends Service {
  /** Events appended and not yet folded, as of the last look, at most a second ago. */
  lag(): number;
}

const LOOK_MS = 1000;
/** Until the events that waited at the start are folded, somebody waits for that. */
const FIRST_LOOKS_MS = 20;
/** No partition has come or gone for so long: this is the process' share. */
const SETTLED_MS = 1000;
/** There are more processes than partitions, and this one waits for another to end. */
const SPARE_MS = 30_000;

/** Joins the group of processors, and folds what it is given until it is stopped. */
export function startProcessor({ stream, store, clock, settings, key }: ProcessorOptions): Processor {
  const { commitIntervalMs, maxAgents } = settings.processor;
  const book = usesPeers(settings) ? followGroups(store) : undefined;
  const judge = createJudge(settings, key.name, undefined, book?.groups);
  const scanner = new EventScanner(hashKey(key.secret));
  const { tenant } = settings;
  const unreadable = { agents: 0 };
  const partitions = new Map<number, ProcessorPartition>();
  const share = () => Math.ceil(maxAgents / Math.max(1, partitions.size));
  const limits = { commitIntervalMs, maxAgents: share, owned: () => partitions.size, gatherInTurn: inTurn() };
  const shared = {
    stream,
    store,
    clock,
    judge,
    scanner,
    tenant,
    ...limits,
    unreadable,
    usesPeers: book !== undefined,
  };
  const run: ProcessorRun = {
    shared,
    book,
    partitions,
    stopping: new AbortController(),
    behind: new Map(),
    handedOverAtMs: clock.now(),
    caughtUp: false,
  };
  const subscription = stream.consume("events", "processor", ownerOf(run));
  const done = Promise.all([subscription.done, look(run)]).then(() => undefined);
  const unobserve = observe(run);
  return {
    lag: () => lagOf(run),
    waitingFor: () => (run.caughtUp ? undefined : "the events that were waiting at the start to be folded"),
    degraded: () => (unreadable.agents === 0 ? peersMissing(run) : unreadableState(unreadable.agents)),
    async stop() {
      run.stopping.abort();
      await subscription.stop();
      await done.catch(() => undefined);
      unobserve();
    },
    done,
  };
}

const unreadableState = (agents: number) =>
  `the stored state of ${agents} ${agents === 1 ? "agent" : "agents"} could not be read and is learned anew: nothing is to be done if a detector was \
added or raised its version; otherwise stop, and start the version that wrote it, or put a copy of the data folder back`;

/** The learner is behind: the day is that of the partition that has come furthest. */
function peersMissing({ book, partitions }: ProcessorRun): string | undefined {
  const clocks = Array.from(partitions.values(), (partition) => partition.clockMs());
  return book?.behindOn(epochOf(Math.max(0, ...clocks)));
}

interface ProcessorRun {
  readonly shared: ProcessorPartitionOptions;
  /** Undefined if agents are not judged by their peers. */
  readonly book: GroupBook | undefined;
  readonly partitions: Map<number, ProcessorPartition>;
  readonly stopping: AbortController;
  /** Events that each partition is behind. */
  behind: ReadonlyMap<number, number>;
  /** When a partition came or went last. */
  handedOverAtMs: number;
  caughtUp: boolean;
}

/** Opens the partitions that this process is given, and commits those that it gives up. */
function ownerOf(run: ProcessorRun): Consumer {
  const { shared, partitions } = run;
  return {
    async assigned(number) {
      await run.book?.refresh();
      const opened = await openProcessorPartition(number, shared);
      partitions.set(number, opened);
      run.handedOverAtMs = shared.clock.now();
      return opened.position();
    },
    batch: async (batch) => partitions.get(batch.partition)?.batch(batch),
    async revoked(number) {
      const partition = partitions.get(number);
      partitions.delete(number);
      partition?.endGathering();
      run.handedOverAtMs = shared.clock.now();
      await partition?.commit(true);
    },
  };
}

/** Quiet partitions have their last changes committed too; and the lag is looked at. */
async function look(run: ProcessorRun): Promise<void> {
  const { stream, clock, commitIntervalMs } = run.shared;
  const { signal } = run.stopping;
  for (let pauseMs = FIRST_LOOKS_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LOOK_MS)) {
    await Promise.all(Array.from(run.partitions.values(), commitUnlessFenced));
    run.behind = await behind(stream, run.partitions);
    await run.book?.refresh();
    run.caughtUp ||= hasCaughtUp(run);
    await clock.sleep(run.caughtUp ? Math.min(LOOK_MS, commitIntervalMs) : pauseMs, signal);
  }
}

/** Who was fenced is told so by the next batch, and gives the partition back. */
const commitUnlessFenced = (partition: ProcessorPartition) => partition.commit(false).catch(unlessFenced);

/** Partitions come one after the other, so all that there are, or none more for a while; a process too many gets none. */
function hasCaughtUp(run: ProcessorRun): boolean {
  if (lagOf(run) > 0) return false;
  const { partitions, handedOverAtMs } = run;
  const { stream, clock } = run.shared;
  const sinceMs = clock.now() - handedOverAtMs;
  return partitions.size === stream.partitions || sinceMs >= (partitions.size > 0 ? SETTLED_MS : SPARE_MS);
}

/** Shows lag, caps and how sessions stand as metrics; answers how to end it. */
function observe(run: ProcessorRun): () => void {
  const observeLag: ObservableCallback = (result) => {
    for (const [partition, events] of run.behind) result.observe(events, { partition });
  };
  const observeCaps: ObservableCallback = (result) => {
    for (const [what, count] of Object.entries(run.shared.judge.fold.caps)) result.observe(count, { what });
  };
  const observeStandings: ObservableCallback = (result) => {
    for (const [standing, count] of Object.entries(run.shared.judge.fold.standings))
      result.observe(count, { standing });
  };
  lagGauge.addCallback(observeLag);
  cappedTotal.addCallback(observeCaps);
  sessionsStanding.addCallback(observeStandings);
  return () => {
    lagGauge.removeCallback(observeLag);
    cappedTotal.removeCallback(observeCaps);
    sessionsStanding.removeCallback(observeStandings);
  };
}

const lagOf = (run: ProcessorRun): number =>
  [...run.behind.values()].reduce((sum, events) => sum + events, 0);

async function behind(stream: Stream, partitions: ReadonlyMap<number, ProcessorPartition>) {
  const eventsBehind = async ([number, partition]: readonly [number, ProcessorPartition]) =>
    [number, Math.max(0, (await stream.end("events", number)) - partition.position())] as const;
  return new Map(await Promise.all([...partitions].map(eventsBehind)));
}
