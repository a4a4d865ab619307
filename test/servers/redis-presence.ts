/** Which Redis and Valkey servers a test can have: those named in the environment, else those that can be started here. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** `redis-server` or `valkey-server`, or the path of either. */
export type Program = string;

export const REDIS: Program = "redis-server";

/** Valkey's server: `OFFGRAPH_TEST_VALKEY`, else the one on the path. A second target, which a machine may lack. */
export const VALKEY: Program = process.env.OFFGRAPH_TEST_VALKEY || "valkey-server";

/**
 * Whether a server can be started here. If not, one line says so and the suite is left out; under `CI=true` it is a failure,
 * unless the server is a second target.
 */
export function canBeStarted(program: Program = REDIS): boolean {
  const folders = program.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, program)))) return true;
  const line = `${program} is not installed: apt-get install redis-server redis-tools redis-sentinel`;
  if (program === REDIS && process.env.CI === "true") throw new Error(line);
  process.stderr.write(`left out: ${line}\n`);
  return false;
}

/** Addresses in a variable of the environment, separated by commas. */
export function addressesIn(variable: string): readonly string[] {
  return (process.env[variable] ?? "").split(",").filter((address) => address !== "");
}

/** Variables that name servers to be used instead of any that could be started. Nothing is killed there, nothing else of them changed. */
export const SINGLE = "OFFGRAPH_TEST_REDIS";
/** The same for nodes of a Redis Cluster. */
export const CLUSTER = "OFFGRAPH_TEST_REDIS_CLUSTER";
/** The same for Sentinels: `name@host:port,host:port`. */
export const SENTINEL = "OFFGRAPH_TEST_REDIS_SENTINEL";

/** Whether there is such a server by address, or one can be started. */
export const isHere = (variable: string, program: Program = REDIS): boolean =>
  (program === REDIS && addressesIn(variable).length > 0) || canBeStarted(program);
