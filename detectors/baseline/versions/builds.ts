/**
 * The versions that an agent was seen to run. A new one is a child of the one that ran before it: it shares what that one knew,
 * and what only the child has used is not known to the parent (lineage.ts). So a roll-out forgets nothing, and a roll-back
 * brings the parent back as it was. An agent whose events name no version has none of this.
 */
import { z } from "zod";
import { Change } from "../../../schemas/event.ts";
import { type EventView, TEXT } from "../../../schemas/event-view.ts";
import type { Baseline } from "../baseline.ts";
import type { BaselineSettings } from "../settings.ts";
import { forgetBuild } from "./lineage.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { version: VERSION_COLUMN } = TEXT;

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

const isOf = (event: EventView, low: number, high: number) =>
  event.low(VERSION_COLUMN) === low && event.high(VERSION_COLUMN) === high;

/** Too rare for a column. */
const Told = z.object({ change: Change });

/** A deployment was told: the version is announced. */
export function noteDeployment(baseline: Baseline, event: EventView, settings: BaselineSettings): void {
  if (!event.has(VERSION_COLUMN)) return;
  const { change } = Told.parse(JSON.parse(event.line()));
  if (change !== "decommissioned") run(baseline, event, settings).announced = true;
}

/** Whether a version is new, and what it does for the first time is told as a roll-out. */
export const isInGrace = (
  build: Build,
  timeMs: number,
  { graceHours, graceSessions }: BaselineSettings,
): boolean => build.graced && timeMs < build.since + graceHours * HOUR_MS && build.sessions <= graceSessions;

/** A session runs the version that its first event names; answers its number, 0 if it names none. */
export function beginSession(baseline: Baseline, event: EventView, settings: BaselineSettings): number {
  if (!event.has(VERSION_COLUMN)) return 0;
  const known = baseline.builds?.running;
  const running = known && isOf(event, known.low, known.high) ? known : run(baseline, event, settings);
  if (running.sessions < MOST_SESSIONS) running.sessions++;
  return running.number;
}

/** The turn of a day (days since 1970): what was not seen for long is forgotten. */
export function turnBuilds(baseline: Baseline, epoch: number): void {
  const { builds } = baseline;
  if (builds === undefined || builds.known.length === 1) return;
  const before = (epoch - KEPT_DAYS) * 24 * HOUR_MS;
  for (const build of builds.known)
    if (build !== builds.running && build.seen < before) forgetBuild(baseline, build);
}

/** The version that the event names runs from now on. */
function run(baseline: Baseline, event: EventView, settings: BaselineSettings): Build {
  baseline.builds ??= begun(event);
  const { builds } = baseline;
  builds.running.seen = event.time;
  const named = builds.known.find(({ low, high }) => isOf(event, low, high));
  builds.running = named ?? fork(baseline, builds, event, settings);
  builds.running.seen = event.time;
  return builds.running;
}

function begun(event: EventView): Builds {
  const first = buildOf(event, undefined, 1, false);
  return { known: [first], running: first, born: new Map() };
}

function fork(baseline: Baseline, builds: Builds, event: EventView, settings: BaselineSettings): Build {
  const graced = gracedSince(builds.known, event.time - settings.graceHours * HOUR_MS);
  const build = buildOf(
    event,
    builds.running,
    (builds.known.at(-1)?.number ?? 0) + 1,
    graced.length < MOST_GRACES,
  );
  // Not one that is graced: or whoever names many would be graced again.
  if (builds.known.length >= MAX_BUILDS) {
    forgetBuild(baseline, longestUnseen(builds, graced));
    baseline.capped++;
  }
  builds.known = [...builds.known, build];
  return build;
}

const gracedSince = (known: readonly Build[], fromMs: number) =>
  known.filter(({ graced, since }) => graced && since > fromMs);

const longestUnseen = ({ known, running }: Builds, but: readonly Build[]): Build =>
  known
    .filter((one) => one !== running && !but.includes(one))
    .reduce((oldest, one) => (one.seen < oldest.seen ? one : oldest));

function buildOf(event: EventView, parent: Build | undefined, number: number, graced: boolean): Build {
  const { time: since } = event;
  return {
    number,
    low: event.low(VERSION_COLUMN),
    high: event.high(VERSION_COLUMN),
    name: event.text(VERSION_COLUMN),
    parentName: parent?.name ?? "",
    parent: parent?.number ?? 0,
    group: event.text(TEXT.group),
    since,
    seen: since,
    graced,
    announced: false,
    sessions: 0,
  };
}
