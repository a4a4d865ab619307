/** What `offgraph doctor` looks at. Each check says what it found and, unless all is well, what to do. */
import { existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import { openReadOnly } from "../adapters/index.ts";
import { examineKafka } from "../adapters/kafka-doctor.ts";
import { examineSource } from "../adapters/kafka-source-doctor.ts";
import { examineRedis } from "../adapters/redis/doctor.ts";
import { kafkaOptions, openServerStore, redisOptions, sourceOptions } from "../adapters/servers.ts";
import { keyOf } from "../ingest/index.ts";
import { topicPrefixOf } from "../layers/generation.ts";
import { fromText } from "../records.ts";
import { auditKeysOf } from "../responder/index.ts";
import type { Secrets } from "../settings/secrets.ts";
import { type Agreement, fingerprintOf, pemOf, readAgreement } from "../start/installation.ts";

/** One line of the report. */
interface Check {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly found: string;
  /** Absent when all is well. */
  readonly whatToDo?: string;
}

/** What the checks of servers have in common. */
interface ServerCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  readonly whatToDo: string;
}

const OLDEST_NODE: readonly [major: number, minor: number] = [22, 19];
const GIBIBYTE = 1_073_741_824;
/** What is not as it should be, and yet works for now. */
const BEARABLE = /: (version|replicas|memory|clock|brokers)$/;

const ok = (check: string, found: string): Check => ({ check, state: "ok", found });
const failed = (check: string, found: string, whatToDo: string): Check => ({
  check,
  state: "failed",
  found,
  whatToDo,
});
const warning = (check: string, found: string, whatToDo: string): Check => ({
  check,
  state: "warning",
  found,
  whatToDo,
});

/** Node itself. */
export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (isOld) return failed("node", version, `install Node ${OLDEST_NODE.join(".")} or newer`);
  return ok("node", version);
}

/** Log and store in the data folder, or on servers; and what the installation has agreed on, if it can be read. */
export async function checkGround(settings: Settings, secrets: Secrets): Promise<[Check[], Agreement]> {
  return settings.kafka === undefined ? checkFolder(settings) : checkServers(settings, secrets);
}

async function checkFolder({ data }: Settings): Promise<[Check[], Agreement]> {
  if (!existsSync(data))
    return [[warning("data folder", `${data} is not there`, "`offgraph start` makes it")], {}];
  const checks = [checkMode("data folder", data, 0o077, "chmod 700"), checkDisk(data)];
  try {
    const reader = await openReadOnly(data);
    const agreement = await readAgreement(reader.store).finally(() => reader.close());
    return [
      [...checks, ok("log and store", `can be read, ${reader.stream.partitions} partitions`)],
      agreement,
    ];
  } catch (error) {
    if (!(error instanceof OffgraphError)) throw error;
    return [[...checks, failed("log and store", error.message, error.wayOut)], {}];
  }
}

function checkMode(check: string, path: string, forbidden: number, way: string): Check {
  const { mode, uid } = statSync(path);
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && uid !== own)
    return failed(check, `${path} is another user's`, `chown it to the user that runs Offgraph`);
  const shown = `${path}, mode ${(mode & 0o777).toString(8)}`;
  const isOpen = process.platform !== "win32" && (mode & forbidden) !== 0;
  return isOpen ? warning(check, `${shown}: others may read it`, `${way} ${path}`) : ok(check, shown);
}

function checkDisk(path: string): Check {
  const { bavail, blocks, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const percent = Math.round((100 * bavail) / blocks);
  const found = `${(free / GIBIBYTE).toFixed(1)} GiB free, ${percent} %`;
  const way = "make room: nothing is accepted when the disk is full";
  if (free < GIBIBYTE / 4) return failed("disk", found, way);
  return free < 2 * GIBIBYTE || percent < 5 ? warning("disk", found, way) : ok("disk", found);
}

async function checkServers(settings: Settings, secrets: Secrets): Promise<[Check[], Agreement]> {
  const { kafka, redis } = settings;
  if (kafka === undefined || redis === undefined) return [[], {}];
  const redisChecks = (await examineRedis(redisOptions(redis, secrets))).map(asCheck);
  const [agreement, layout] = await agreementOn(redis, secrets);
  const topicPrefix = topicPrefixOf(kafka.topicPrefix, agreement.generation ?? 0);
  const kafkaChecks = (await examineKafka(kafkaOptions({ ...kafka, topicPrefix }, secrets))).map(asCheck);
  // Before the first start there are none, and that is as it should be.
  const isNew = agreement.partitions === undefined && kafka.createTopics;
  const differs = agreement.partitions !== undefined && agreement.partitions !== kafka.partitions;
  const partitions = differs
    ? failed(
        "partitions",
        `the installation has ${agreement.partitions}, kafka.partitions is ${kafka.partitions}`,
        `set kafka.partitions to ${agreement.partitions}, or see \`offgraph repartition --help\``,
      )
    : ok("partitions", `${kafka.partitions}`);
  const shown = kafkaChecks.map((one) => (isNew && one.check === "kafka: topics" ? bearable(one) : one));
  return [[...shown, ...redisChecks, ...layout, partitions], agreement];
}

const bearable = (check: Check): Check => (check.state === "failed" ? { ...check, state: "warning" } : check);

/** What a server that cannot be reached has agreed on is not known, and its own check says so. */
async function agreementOn(
  redis: NonNullable<Settings["redis"]>,
  secrets: Secrets,
): Promise<[Agreement, Check[]]> {
  try {
    const store = await openServerStore(redis, secrets);
    return [await readAgreement(store).finally(() => store.close()), []];
  } catch (error) {
    if (!(error instanceof OffgraphError)) throw error;
    return [{}, [failed("agreement", error.message, "mend what is said of Redis")]];
  }
}

function asCheck({ check, ok: isWell, found, whatToDo }: ServerCheck): Check {
  if (isWell) return ok(check, found);
  return BEARABLE.test(check) ? warning(check, found, whatToDo) : failed(check, found, whatToDo);
}

/** The topics of others that ingest reads: whether they are there, and how far they are read. */
export async function checkSources({ sources, kafka }: Settings, secrets: Secrets): Promise<Check[]> {
  const examined = sources.map(async (source) => {
    const name = `source ${source.name} (${source.format})`;
    return (await examineSource(name, sourceOptions(source, kafka, secrets))).map(asCheck);
  });
  return (await Promise.all(examined)).flat();
}

/** The keys that this process would use, against those of the installation. */
export function checkKeys({ data, keys, roles }: Settings, secrets: Secrets, known: Agreement): Check[] {
  const hash = checkKey("hash key", {
    text: secrets.hashKey,
    path: keys.hashFile ?? join(data, "hash.key"),
    known: known.hashKey,
    fingerprint: (text, place) => fingerprintOf(keyOf(text, place).secret),
  });
  if (!roles.includes("responder")) return [hash];
  const audit = checkKey("audit key", {
    text: secrets.auditKey,
    path: keys.auditFile ?? join(data, "audit.key"),
    known: known.auditKey,
    fingerprint: (text, place) => pemOf(auditKeysOf(text, place).publicKey),
  });
  return [hash, audit];
}

interface KeyPlace {
  /** From where the settings say. */
  readonly text: string | undefined;
  readonly path: string;
  readonly known: string | undefined;
  readonly fingerprint: (text: string, place: string) => string;
}

function checkKey(name: string, { text, path, known, fingerprint }: KeyPlace): Check {
  if (text === undefined && !existsSync(path))
    return known === undefined
      ? warning(
          name,
          "there is none yet",
          "`offgraph start` makes it; on servers all processes need the same: see keys",
        )
      : failed(
          name,
          "the installation has one, and it is not here",
          "name its file: see keys in the settings",
        );
  try {
    const own = fingerprint(text ?? readFileSync(path, "utf8"), path);
    if (known !== undefined && own !== known)
      return failed(
        name,
        "another one than the installation's",
        "give every process the file of the first one",
      );
  } catch (error) {
    return failed(name, error instanceof Error ? error.message : String(error), "put its copy back");
  }
  return existsSync(path) ? checkMode(name, path, 0o077, "chmod 600") : ok(name, "as the installation's");
}

/** The running system, if there is one. */
export async function checkRunning(url: string): Promise<Check[]> {
  const ask = async (path: string) =>
    fromText<Record<string, unknown>>(await (await fetch(url + path)).text());
  try {
    const [health, ready] = [await ask("/healthz"), await ask("/readyz")];
    const wrong = [health.degraded ?? [], ready.waitingFor ?? []].flat().map(String);
    if (wrong.length === 0) return [ok("running", `${url} is ready`)];
    return wrong.map((what) => warning("running", `${url}: ${what}`, "see what it says, and its log"));
  } catch {
    return [warning("running", `nothing answers at ${url}`, "`offgraph start`, or name it with --url")];
  }
}
