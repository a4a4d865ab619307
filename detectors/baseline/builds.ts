/**
 * The versions that an agent was seen to run. A new one is a child of the one that ran before it: it shares what that one knew,
 * and what only the child has used is not known to the parent (lineage.ts). So a roll-out forgets nothing, and a roll-back
 * brings the parent back as it was. An agent whose events name no version has none of this.
 */
import { EVENT_KINDS } from "../../schemas/event.ts";
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Baseline } from "./baseline.ts";
import { forgetBuild } from "./lineage.ts";
import type { Settings } from "./settings.ts";

const { version: VERSION_COLUMN } = TEXT;
/** Place of deployments among the kinds of event. */
export const CHANGED = EVENT_KINDS.indexOf("identity.changed");

/** Most versions of one agent; beyond it the one that was not seen for longest goes. */
const MAX_BUILDS = 8;
/** Versions that may be in their time of grace at once: else whoever names a new one every day would always be told quietly. */
const MOST_GRACES = 4;
const HOUR_MS = 3_600_000;
/** A version that was not seen for so many days is forgotten. */
const KEPT_DAYS = 7;
const MOST_SESSIONS = 0xffff;

/** One version of an agent. */
export interface Build {
  /** From 1, in the order in which they were seen. */
  readonly number: number;
  /** Keyed hash of the version's name. */
  readonly low: number;
  readonly high: number;
  readonly name: string;
  /** Name and number of the version that it came from; empty and 0 for the first, or if it was forgotten. */
  readonly parentName: string;
  parent: number;
  /** Peer group of the agent when it was first seen; empty if none was named. */
  readonly group: string;
  /** When it was first seen, and when its newest event was, or when another took over; ms since 1970. */
  readonly since: number;
  seen: number;
  /** Whether it has a time of grace. */
  readonly graced: boolean;
  /** Its deployment was told. */
  announced: boolean;
  /** Sessions that have begun with it, up to 65,535. */
  sessions: number;
}

/** The versions of an agent. */
export interface Builds {
  /** In the order in which they were first seen. */
  known: readonly Build[];
  /** That of the newest event which named one. */
  running: Build;
  /** Edges, as nodes of the graph, that only one version and its children have used: that version's number. */
  readonly born: Map<number, number>;
}

/** Takes in the version that an event names: one comparison as long as it is the same. */
export function noteVersion(b: Baseline, event: EventView, settings: Settings): void {
  const { builds } = b;
  const low = event.low(VERSION_COLUMN);
  const high = event.high(VERSION_COLUMN);
  if (builds !== undefined && builds.running.low === low && builds.running.high === high) return;
  if (builds === undefined) b.builds = begun(event, settings);
  else change(b, builds, event, settings);
}

/** A deployment was told: the version is announced. */
export function noteDeployment(b: Baseline, event: EventView, settings: Settings): void {
  const { change } = JSON.parse(event.line()) as { change: string };
  if (change === "decommissioned") return;
  noteVersion(b, event, settings);
  if (b.builds !== undefined) b.builds.running.announced = true;
}

/** Whether a version is new, and what it does for the first time is told as a roll-out. */
export const isInGrace = (build: Build, timeMs: number, { graceHours, graceSessions }: Settings): boolean =>
  build.graced && timeMs < build.since + graceHours * HOUR_MS && build.sessions <= graceSessions;

/** A session begins with the version that runs; answers its number. */
export function beginSession({ builds }: Baseline): number {
  if (builds === undefined) return 0;
  const { running } = builds;
  if (running.sessions < MOST_SESSIONS) running.sessions++;
  return running.number;
}

/** The turn of a day (days since 1970): what was not seen for long is forgotten. */
export function turnBuilds(b: Baseline, epoch: number): void {
  const { builds } = b;
  if (builds === undefined || builds.known.length === 1) return;
  const before = (epoch - KEPT_DAYS) * 24 * HOUR_MS;
  for (const build of builds.known)
    if (build !== builds.running && build.seen < before) forgetBuild(b, build);
}

function begun(event: EventView, settings: Settings): Builds {
  const first = buildOf(event, undefined, [], settings);
  return { known: [first], running: first, born: new Map() };
}

function change(b: Baseline, builds: Builds, event: EventView, settings: Settings): void {
  const [low, high] = [event.low(VERSION_COLUMN), event.high(VERSION_COLUMN)];
  builds.running.seen = event.time;
  const known = builds.known.find((build) => build.low === low && build.high === high);
  builds.running = known ?? fork(b, builds, event, settings);
  builds.running.seen = event.time;
}

function fork(b: Baseline, builds: Builds, event: EventView, settings: Settings): Build {
  const build = buildOf(event, builds.running, builds.known, settings);
  if (builds.known.length >= MAX_BUILDS) forgetBuild(b, longestUnseen(builds));
  builds.known = [...builds.known, build];
  return build;
}

const longestUnseen = ({ known, running }: Builds): Build =>
  known.filter((one) => one !== running).reduce((oldest, one) => (one.seen < oldest.seen ? one : oldest));

function buildOf(
  event: EventView,
  parent: Build | undefined,
  known: readonly Build[],
  { graceHours }: Settings,
): Build {
  const { time: since } = event;
  const fresh = known.filter((one) => one.graced && one.since > since - graceHours * HOUR_MS);
  return {
    number: (known.at(-1)?.number ?? 0) + 1,
    low: event.low(VERSION_COLUMN),
    high: event.high(VERSION_COLUMN),
    name: event.text(VERSION_COLUMN),
    parentName: parent?.name ?? "",
    parent: parent?.number ?? 0,
    group: groupOf(event),
    since,
    seen: since,
    graced: parent !== undefined && fresh.length < MOST_GRACES,
    announced: false,
    sessions: 0,
  };
}

/** Asked for once a version, so it is worth no column. */
function groupOf(event: EventView): string {
  const { agent } = JSON.parse(event.line()) as { agent?: { group?: string } };
  return agent?.group ?? "";
}
