/** Where the broker's jars lie: fetched once from Maven into the user's cache folder. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
/** Folder of the jars of Apache Kafka 4.3.1. */
export const JARS = join(CACHE, "offgraph-test-servers", "kafka-4.3.1");

/**
 * Whether Kafka can be had: by address (`OFFGRAPH_TEST_KAFKA`), or started here with java and jars, which are fetched when they
 * are missing. If not, one line says so and the suite is left out; under `CI=true` it is a failure.
 */
export function kafkaIsHere(): boolean {
  if (kafkaAddresses().length > 0) return true;
  const missing = missingHere();
  if (missing === undefined) return true;
  const line = `no Kafka for this suite: ${missing}. Set OFFGRAPH_TEST_KAFKA=host:port, or install java 17 and mvn.`;
  if (process.env.CI === "true") throw new Error(line);
  process.stderr.write(`left out: ${line}\n`);
  return false;
}

/** Whether a broker can be started here: what kills one cannot use somebody else's. */
export function kafkaCanBeStarted(): boolean {
  const missing = missingHere();
  if (missing !== undefined && process.env.CI === "true") throw new Error(missing);
  if (missing !== undefined) process.stderr.write(`left out: no Kafka can be started here: ${missing}\n`);
  return missing === undefined;
}

/** Brokers named in the environment, which come before any that could be started. */
export function kafkaAddresses(): string[] {
  return (process.env.OFFGRAPH_TEST_KAFKA ?? "").split(",").filter((address) => address !== "");
}

function missingHere(): string | undefined {
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
  } catch {
    return "java is not installed";
  }
  try {
    fetchJars();
    return undefined;
  } catch (error) {
    return `its jars cannot be fetched with mvn (${error instanceof Error ? error.message.split("\n")[0] : error})`;
  }
}

/** Into a folder of its own first, so that two test files that fetch at once do not meet. */
function fetchJars(): void {
  if (existsSync(JARS)) return;
  mkdirSync(dirname(JARS), { recursive: true });
  const folder = mkdtempSync(`${JARS}-`);
  try {
    const pom = join(import.meta.dirname, "kafka-pom.xml");
    const copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${folder}`];
    execFileSync("mvn", ["-q", "-B", "-f", pom, ...copy], { stdio: "pipe" });
    if (!existsSync(JARS)) renameSync(folder, JARS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
