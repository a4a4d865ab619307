/** The columns of out-of-graph with the evidence in them, if it is switched on: nothing is kept of it otherwise. */
import {
  type Baseline,
  endBaseline,
  newBaseline,
  readBaseline,
  writeBaseline,
} from "../baseline/baseline.ts";
import { readContracts, writeContracts } from "../baseline/contracts/stored-contracts.ts";
import { readDenied, writeDenied } from "../baseline/decisions/denied.ts";
import { readPen, writePen } from "../baseline/decisions/pen.ts";
import { bringForEvent } from "../baseline/near.ts";
import { endPath, newPath, readPath, restartPath, type SessionPath, writePath } from "../baseline/path.ts";
import type { BaselineSettings } from "../baseline/settings.ts";
import { readBuilds, writeBuilds } from "../baseline/versions/stored-builds.ts";
import type { ByteReader, ByteWriter } from "../codec.ts";
import { newAgentEvidence, readAgentEvidence, writeAgentEvidence } from "./memory.ts";
import { silenceScores } from "./modes.ts";
import {
  newSessionEvidence,
  readSessionEvidence,
  restartSessionEvidence,
  writeSessionEvidence,
} from "./session.ts";

/** The version that is written. */
export const VERSION = 4;
/** The first version that versions of agents are written in. */
const BUILDS_SINCE = 4;
/** What is there of an agent that not all have. */
const HAS_MEMORY = 1;
const HAS_CONTRACTS = 2;

/** Columns of an agent. */
export const ofAgent = {
  start: (settings: BaselineSettings): Baseline => remembering(newBaseline(), settings),
  end: endBaseline,
  bringNear: bringForEvent,
  write(baseline: Baseline, to: ByteWriter): void {
    writeBaseline(baseline, to);
    to.u8(
      (baseline.memory === undefined ? 0 : HAS_MEMORY) |
        (baseline.contracts === undefined ? 0 : HAS_CONTRACTS),
    );
    if (baseline.memory !== undefined) writeAgentEvidence(baseline.memory, to);
    writePen(baseline.pen, to);
    writeDenied(baseline.denied, to);
    writeBuilds(baseline.builds, to);
    if (baseline.contracts !== undefined) writeContracts(baseline.contracts, to);
  },
  read(from: ByteReader, version: number, settings: BaselineSettings): Baseline {
    const baseline = readBaseline(from);
    const flags = from.u8();
    if ((flags & HAS_MEMORY) !== 0) baseline.memory = readAgentEvidence(from);
    baseline.cappedCounted += baseline.memory?.capped ?? 0;
    baseline.pen = readPen(from);
    baseline.denied = readDenied(from);
    if (version >= BUILDS_SINCE) baseline.builds = readBuilds(from);
    if ((flags & HAS_CONTRACTS) !== 0) baseline.contracts = readContracts(from);
    return remembering(baseline, settings);
  },
};

function remembering(baseline: Baseline, { evidence }: BaselineSettings): Baseline {
  if (evidence === "off" && baseline.memory !== undefined) silenceScores(baseline);
  baseline.memory = evidence === "on" ? (baseline.memory ?? newAgentEvidence()) : undefined;
  return baseline;
}

/** Columns of a session. */
export const ofSession = {
  start: (settings: BaselineSettings): SessionPath => showing(newPath(), settings),
  restart(path: SessionPath): void {
    restartPath(path);
    if (path.shown !== undefined) restartSessionEvidence(path.shown);
  },
  end: endPath,
  write(path: SessionPath, to: ByteWriter): void {
    writePath(path, to);
    to.u8(path.shown === undefined ? 0 : 1);
    if (path.shown !== undefined) writeSessionEvidence(path.shown, to);
    to.u16(path.build);
  },
  read(from: ByteReader, version: number, settings: BaselineSettings): SessionPath {
    const path = readPath(from);
    if (from.u8() === 1) path.shown = readSessionEvidence(from);
    if (version >= BUILDS_SINCE) path.build = from.u16();
    return showing(path, settings);
  },
};

function showing(path: SessionPath, { evidence }: BaselineSettings): SessionPath {
  path.shown = evidence === "on" ? (path.shown ?? newSessionEvidence()) : undefined;
  return path;
}
