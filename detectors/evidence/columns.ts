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
import { endPath, newPath, type Path, readPath, restartPath, writePath } from "../baseline/path.ts";
import type { Settings } from "../baseline/settings.ts";
import { readBuilds, writeBuilds } from "../baseline/versions/stored-builds.ts";
import type { ByteReader, ByteWriter } from "../codec.ts";
import { newMemory, readMemory, writeMemory } from "./memory.ts";
import { silenceScores } from "./modes.ts";
import { newShown, readShown, restartShown, writeShown } from "./session.ts";

/** The version that is written. */
export const VERSION = 4;
/** The first version that versions of agents are written in. */
const BUILDS_SINCE = 4;
/** What is there of an agent that not all have. */
const HAS_MEMORY = 1;
const HAS_CONTRACTS = 2;

/** Columns of an agent. */
export const ofAgent = {
  start: (settings: Settings): Baseline => remembering(newBaseline(), settings),
  end: endBaseline,
  bringNear: bringForEvent,
  write(b: Baseline, to: ByteWriter): void {
    writeBaseline(b, to);
    to.u8((b.memory === undefined ? 0 : HAS_MEMORY) | (b.contracts === undefined ? 0 : HAS_CONTRACTS));
    if (b.memory !== undefined) writeMemory(b.memory, to);
    writePen(b.pen, to);
    writeDenied(b.denied, to);
    writeBuilds(b.builds, to);
    if (b.contracts !== undefined) writeContracts(b.contracts, to);
  },
  read(from: ByteReader, version: number, settings: Settings): Baseline {
    const b = readBaseline(from);
    const flags = from.u8();
    if ((flags & HAS_MEMORY) !== 0) b.memory = readMemory(from);
    b.pen = readPen(from);
    b.denied = readDenied(from);
    if (version >= BUILDS_SINCE) b.builds = readBuilds(from);
    if ((flags & HAS_CONTRACTS) !== 0) b.contracts = readContracts(from);
    return remembering(b, settings);
  },
};

function remembering(b: Baseline, { evidence }: Settings): Baseline {
  if (evidence === "off" && b.memory !== undefined) silenceScores(b);
  b.memory = evidence === "on" ? (b.memory ?? newMemory()) : undefined;
  return b;
}

/** Columns of a session. */
export const ofSession = {
  start: (settings: Settings): Path => showing(newPath(), settings),
  restart(p: Path): void {
    restartPath(p);
    if (p.shown !== undefined) restartShown(p.shown);
  },
  end: endPath,
  write(p: Path, to: ByteWriter): void {
    writePath(p, to);
    to.u8(p.shown === undefined ? 0 : 1);
    if (p.shown !== undefined) writeShown(p.shown, to);
    to.u16(p.build);
  },
  read(from: ByteReader, version: number, settings: Settings): Path {
    const p = readPath(from);
    if (from.u8() === 1) p.shown = readShown(from);
    if (version >= BUILDS_SINCE) p.build = from.u16();
    return showing(p, settings);
  },
};

function showing(p: Path, { evidence }: Settings): Path {
  p.shown = evidence === "on" ? (p.shown ?? newShown()) : undefined;
  return p;
}
