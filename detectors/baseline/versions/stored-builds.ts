/** How the versions of an agent are written and read. */
import type { ByteReader, ByteWriter } from "../../codec.ts";
import type { Build, Builds } from "./builds.ts";

/** Dense; one byte if there are none. */
export function writeBuilds(builds: Builds | undefined, to: ByteWriter): void {
  to.u8(builds?.known.length ?? 0);
  if (builds === undefined) return;
  for (const build of builds.known) writeBuild(build, to);
  to.i32(builds.running.number);
  to.numbers([...builds.born].flat());
}

function writeBuild(build: Build, to: ByteWriter): void {
  for (const value of [build.number, build.low, build.high, build.parent]) to.i32(value);
  for (const text of [build.name, build.parentName, build.group]) to.text(text);
  for (const time of [build.since, build.seen]) to.f64(time);
  to.u8((build.graced ? 1 : 0) | (build.announced ? 2 : 0));
  to.u16(build.sessions);
}

/** Reads what writeBuilds wrote. */
export function readBuilds(from: ByteReader): Builds | undefined {
  const known = Array.from({ length: from.u8() }, () => readBuild(from));
  const [first] = known;
  if (first === undefined) return undefined;
  const runs = from.i32();
  const running = known.find(({ number }) => number === runs) ?? first;
  const flat = from.numbers();
  const pairs = Array.from(
    { length: flat.length / 2 },
    (_, at) => [flat[at * 2]!, flat[at * 2 + 1]!] as const,
  );
  return { known, running, born: new Map(pairs) };
}

function readBuild(from: ByteReader): Build {
  const [number, low, high, parent] = [from.i32(), from.i32(), from.i32(), from.i32()];
  const [name, parentName, group] = [from.text(), from.text(), from.text()];
  const [since, seen] = [from.f64(), from.f64()];
  const flags = from.u8();
  const [graced, announced] = [(flags & 1) !== 0, (flags & 2) !== 0];
  return {
    number,
    low,
    high,
    parent,
    name,
    parentName,
    group,
    since,
    seen,
    graced,
    announced,
    sessions: from.u16(),
  };
}
