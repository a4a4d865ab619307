/**
 * The contract of a detector, and nothing else.
 *
 * A detector is a value. It is pure: rows, event and settings alone decide; no I/O, clock, randomness or global. It
 * changes its own columns in place (copying costs ten times more than judging), never a shared one, and never grows
 * without bound. It scores before it learns and does not learn from what it has just flagged.
 */
import type { z } from "zod";
import type { BaselineDecision, EventKind } from "../schemas/event.ts";
import type { EventView } from "../schemas/event-view.ts";
import type { Finding } from "../schemas/finding.ts";
import type { Severity } from "../schemas/ids.ts";
import type { ByteReader, ByteWriter } from "./codec.ts";
import type { PeerVersions } from "./groups/book.ts";
import type { Contribution } from "./groups/contribution.ts";
import type { AgentRow, SessionRow } from "./rows.ts";
import type { Taxonomy } from "./tags.ts";
import type { Cells, TokenRow, Widths } from "./token-row.ts";

/** One kind of finding that a detector can make. */
export interface FindingKind {
  readonly severity: Severity;
  readonly evidence: "invariant" | "fact" | "statistical";
  /** When it fires, in a sentence. */
  readonly fires: string;
  /** What keeps it silent, in a sentence. */
  readonly silencedBy: string;
  readonly tags: readonly Taxonomy[];
}

/** Everything a person needs to know to trust a detector; its page of documentation is printed from this. */
export interface About {
  readonly title: string;
  /** What an adversary gains, and what this sees of it. */
  readonly summary: string;
  /** What an incident of its findings is called; part of the incident's id, so never changed. Default: the detector's id. */
  readonly cause?: string;
  readonly kinds: Readonly<Record<string, FindingKind>>;
  readonly formulas: readonly string[];
  /** Constants, and how good it was measured to be and by which method. */
  readonly tables?: readonly AboutTable[];
  /** What it is known to miss. */
  readonly blindSpots: readonly string[];
  readonly falsePositives: readonly string[];
  /** Steps for a person; each names a field, a window and the question. */
  readonly runbook: readonly string[];
  readonly references: readonly string[];
}

/** A table on a detector's page. */
export interface AboutTable {
  readonly title: string;
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What only the detector knows; the fold adds identity, times, provenance and versions. */
export interface FindingDraft {
  readonly kind: string;
  /** Tells apart two findings of one kind at one event, such as two targets. */
  readonly about?: string;
  /** If it differs from the declaration, for this finding only. */
  readonly severity?: Severity;
  readonly summary: string;
  readonly expected: string;
  readonly rarity?: string;
  /** What triggered it, if that is not the event in hand: a use that a late fact condemns. Time in ms since 1970. */
  readonly trigger?: { readonly eventId: string; readonly time: number };
  /** Earlier events that are evidence; the fold puts the trigger last. */
  readonly earlier?: readonly string[];
  /** The agent runs a version that is new. */
  readonly newVersion?: Finding["newVersion"];
  /** The version of the agent's peers that had a say: see judgedBy in schemas/finding.ts. */
  readonly peerVersion?: string | undefined;
  readonly evidence: Readonly<Record<string, string | number | boolean | string[]>>;
}

/** How suspicious a call is, whether or not a finding is made of it. */
export interface Scored {
  /** Of the call, as log-odds. */
  readonly score: number;
  /** Of the session so far: that of its worst call. */
  readonly sessionScore: number;
  /** What the score is made of, before it is weighted, in an order that the detector tells; valid until the next call. */
  readonly terms: Float64Array;
  /** Which of the detector's weights spoke. */
  readonly context: string;
}

/** How often something of an agent was let go because there was too much of it. */
export interface Caps {
  sessions: number;
  tokens: number;
  /** Sessions that waited for a person's word. */
  held: number;
  /** Revocations of a token family or a consent. */
  revocations: number;
  /** Persons' words that were not taken in full. */
  words: number;
  /** Names, edges, values and versions that were not learned, or forgotten. */
  learned: number;
}

/** Whether the score of a session may alert, and why not: too few scores are known, too much is new, the budget is spent. */
export const STANDINGS = ["calibration", "judged", "learning", "budget"] as const;
/** How a session stands. */
export type Standing = (typeof STANDINGS)[number];

/** Where a detector says what it found. */
export interface Out {
  finding(draft: FindingDraft): void;
  /** Once a session, if it is scored. */
  stands(standing: Standing): void;
  /** Undefined if nobody listens. */
  readonly scored: ((scored: Scored) => void) | undefined;
}

/** The rows that an event touches. `own` are the columns of the detector that is being called. */
export interface Rows<AgentColumns, SessionColumns> {
  readonly agent: AgentRow;
  readonly session: SessionRow;
  /** Undefined when the event names no token. */
  readonly token: TokenRow | undefined;
  /** Frozen versions of peer groups; undefined where there are none. */
  readonly groups: PeerVersions | undefined;
  readonly own: {
    readonly agent: AgentColumns;
    readonly session: SessionColumns;
    /** Only to be read when `token` is there. */
    readonly token: Cells;
  };
}

/** How one detector's columns of one row begin, are written and read. */
export interface Columns<State, Settings> {
  start(settings: Settings): State;
  /** Makes the columns of a row that has ended like new, so that their memory is used again. */
  restart?(state: State, settings: Settings): void;
  /** Gives back memory that is shared (stats/room.ts), because the row is let go: the columns are not used again. */
  end?(state: State): void;
  /**
   * Of an agent alone: brings what an event looks up into the processor's cache (stats/room.ts), because the agent was not seen
   * for long. Changes nothing.
   */
  bringNear?(state: State): void;
  /** Dense binary; the fold writes the version in front. */
  write(state: State, to: ByteWriter): void;
  /** Reads `version` or the one before it. */
  read(from: ByteReader, version: number, settings: Settings): State;
}

/** How one detector's columns of a token are written and read. They are packed, and begin as token-row.ts says. */
export interface PackedColumns extends Widths {
  /** Dense binary; the fold writes the version in front. */
  write(own: Cells, to: ByteWriter): void;
  /** Reads `version` or the one before it into cells that are new. */
  read(own: Cells, from: ByteReader, version: number): void;
}

/** How agents learn from their peers. */
export interface Sharing<Settings, AgentColumns> {
  /** Whether agents are judged by their peers. */
  isOn(settings: Settings): boolean;
  /**
   * What an agent, whose newest event is of the day `newest`, adds to its group at the end of the day `end`; `gone` if that was not
   * kept, because it has moved on too far. Nothing if it has nothing to add.
   */
  contribution(own: AgentColumns, newest: number, end: number): Contribution | "gone" | undefined;
}

/**
 * One unit of judgement. Its functions are written as methods: TypeScript compares the parameters of methods in both
 * directions, so a detector with columns of its own is a `Detector` of the catalogue, and the fold hands each one back
 * just what it made.
 */
export interface Detector<Settings = unknown, AgentColumns = unknown, SessionColumns = unknown> {
  /** Equals the file name; never reused. */
  readonly id: string;
  /** Raised when the columns change shape or meaning. */
  readonly version: number;
  readonly about: About;
  /** Every field: meaning, unit, default. */
  readonly settings: z.ZodType<Settings>;
  /** The router is built from this. */
  readonly on: readonly EventKind[];
  /** Whether events that are older than the agent's clock less the lateness are heard; baselines never learn from them. */
  readonly hearsLate: boolean;
  readonly columns: {
    readonly agent: Columns<AgentColumns, Settings>;
    readonly session: Columns<SessionColumns, Settings>;
    readonly token: PackedColumns;
  };
  step(rows: Rows<AgentColumns, SessionColumns>, event: EventView, settings: Settings, out: Out): void;
  /** The session has ended: by its gap, its length or its age. Here a detector learns from it. */
  sessionEnded?(
    agent: AgentRow,
    own: AgentColumns,
    session: SessionRow,
    ownSession: SessionColumns,
    settings: Settings,
    caps: Caps,
  ): void;
  /** The token's row is about to go: it has ended, or the agent has too many. */
  tokenEnded?(agent: AgentRow, own: AgentColumns, token: TokenRow, ownToken: Cells, settings: Settings): void;
  /** The agent's clock is about to pass into this epoch; nothing that time changes has happened yet. */
  beforeEpoch?(agent: AgentRow, own: AgentColumns, epoch: number, settings: Settings): void;
  /** The agent's clock has passed into a new epoch (a day of event time). Here candidates become baseline. */
  epochEnded?(agent: AgentRow, own: AgentColumns, epoch: number, settings: Settings): void;
  /** A person has decided about what was learned; the sessions concerned have ended before. `event` carries the decision. */
  decided?(
    own: AgentColumns,
    decision: BaselineDecision,
    event: EventView,
    settings: Settings,
    caps: Caps,
  ): void;
  /** Learning is ended by decree: what it has shown is the baseline. Neither a session's nor an epoch's end is told afterwards. */
  settle?(own: AgentColumns, settings: Settings): void;
  /** The last word on a finding, whichever part of the detector has made it, at the event in hand. */
  amended?(
    rows: Rows<AgentColumns, SessionColumns>,
    draft: FindingDraft,
    event: EventView,
    settings: Settings,
  ): FindingDraft;
  /** Absent: each agent is judged by itself alone. One detector shares. */
  readonly sharing?: Sharing<Settings, AgentColumns>;
  /** Number of the frozen baseline that the agent is judged by; one detector has baselines. The fold asks for it when a session or an epoch has ended. */
  baselineVersion?(own: AgentColumns): number;
  /** The agent's columns in readable form, for people and for comparing. */
  view?(own: AgentColumns, agent: AgentRow, settings: Settings): unknown;
}
