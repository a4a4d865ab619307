/** What a process holds of one partition of `events` while it owns it. */

import type { ByteWriter } from "../../detectors/codec.ts";
import type { WorkingSet } from "../../detectors/fold/working-set.ts";
import type { AgentRow } from "../../detectors/rows.ts";
import type { EventScanner } from "../../schemas/event-scanner.ts";
import type { EventColumns } from "../../schemas/event-view.ts";
import type { Tenant } from "../../schemas/ids.ts";
import type { InTurn } from "../in-turn.ts";
import type { Judge } from "../judge.ts";
import type { Clock } from "../ports/clock.ts";
import type { GroupChange, Lease, Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";

/** What the partitions of a process share, and the limits of each. */
export interface ProcessorPartitionOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly judge: Judge;
  /** Agents are judged by their peers: then commits say how far the partition has come in event time. */
  readonly usesPeers: boolean;
  readonly scanner: EventScanner;
  /** Of dead letters that name no tenant themselves. */
  readonly tenant: Tenant;
  readonly commitIntervalMs: number;
  /** Partitions that this process owns. */
  readonly owned: () => number;
  /** Partitions gather their agents one after the other. */
  readonly gatherInTurn: InTurn;
  /** Agents held in memory for this partition: its share of what the process may hold. */
  readonly maxAgents: () => number;
  /** Agents whose stored state could not be read in full since the start; shared by all partitions. */
  readonly unreadable: { agents: number };
}

/** Detectors left out, by position of the event at which they threw. */
export type Skips = Map<number, ReadonlySet<string>>;

/** The agents of a partition, brought into memory while its events are folded already. */
export interface Gathering {
  readonly set: WorkingSet;
  /** Groups that were asked for because an event needed them. */
  readonly asked: Set<string>;
  /** Whether the set holds every agent that the store has. */
  isWhole: boolean;
}

/** A commit under way. */
export interface Committing {
  /** Where it began: every event before it is in what it writes. */
  readonly position: number;
  /** Largest event time before it, in ms since 1970. */
  readonly clockMs: number;
  /** The agents that had changed, and how many of them are encoded. */
  readonly agents: readonly AgentRow[];
  encoded: number;
  readonly skips: readonly GroupChange[];
  /** Written with the position. */
  readonly last: readonly GroupChange[];
  readonly beganAtMs: number;
  /** Time in which the store wrote. */
  spentMs: number;
  /** What was encoded last is written. */
  written: Promise<void>;
  /** Why it does not go on. */
  failure: unknown;
}

/** A partition in hand; it changes as events are folded and committed. */
export interface State extends ProcessorPartitionOptions {
  readonly partition: number;
  readonly lease: Lease;
  readonly columns: EventColumns;
  set: WorkingSet;
  gathering: Gathering | undefined;
  /** Largest event time of what was committed, or is being committed, and of ticks; ms since 1970. */
  clockMs: number;
  /** The same of the last commit: the learner relies on it that no clock runs ahead of what is committed. */
  committedClockMs: number;
  /** Position of the next event to fold, and of the last commit. */
  position: number;
  committed: number;
  /** Detectors that are left out at an event because they threw there; committed with the state. */
  readonly skips: Skips;
  committedAtMs: number;
  /** How long the last commit kept the store busy. */
  commitMs: number;
  /** The commit under way. */
  committing: Committing | undefined;
  /** What a commit writes at once, until it is written. */
  readonly writer: ByteWriter;
  /** Runs a task between batches. */
  readonly inTurn: InTurn;
  /** Commits so far: agents that were not touched for most of them are let go first. */
  commits: number;
  /** Why a batch or commit has failed: nothing more is folded or committed until the partition is opened again. */
  failure: unknown;
}

/** Space of the store in which agents are kept, a group each. */
export const SPACE = "processor";

/** Most events of a stretch while agents may have to be loaded: one request loads for all of them. */
export const MAX_EVENTS_LOADING = 512;
/** Most events of a stretch when there is nothing to load: they are folded while they are in the processor's cache. */
export const MAX_EVENTS_IN_CACHE = 64;
