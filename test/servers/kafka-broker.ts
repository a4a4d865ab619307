/** One Kafka broker as a process of its own: started, killed, paused, and started again on the same folder. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ConstantBackoff, handleWhen, retry } from "cockatiel";
import { endsWithUs } from "./children.ts";
import { JARS } from "./kafka-jars.ts";
import {
  listenersOf,
  PROTOCOL_MAP,
  SCRAM_USERS,
  type SecureListeners,
  securityProperties,
} from "./kafka-security.ts";

export interface BrokerPlace {
  readonly folder: string;
  readonly id: number;
  readonly clusterId: string;
  readonly voters: readonly string[];
  readonly port: number;
  readonly controllerPort: number;
  readonly advertisedPort: number;
  /** A second plain listener, and where its clients are told to connect. */
  readonly aside?: { readonly port: number; readonly advertisedPort: number } | undefined;
}

/** Long enough for three JVMs that start at once on two busy cores. */
const READY_ATTEMPTS = 4000;
const POLL_MS = 25;

export class KafkaBroker {
  readonly id: number;
  /** Where clients connect. */
  readonly address: string;
  /** Folder of the logs, one folder per partition in it. */
  readonly logFolder: string;
  readonly #place: BrokerPlace;
  #process: ChildProcess | undefined;

  constructor(place: BrokerPlace, secure?: SecureListeners) {
    this.id = place.id;
    this.address = `127.0.0.1:${place.advertisedPort}`;
    this.logFolder = join(place.folder, "logs");
    this.#place = place;
    writeFileSync(this.#settings, `${propertiesOf(place, this.logFolder, secure).join("\n")}\n`);
    const format = ["format", "-t", place.clusterId, "-c", this.#settings, ...(secure ? SCRAM_USERS : [])];
    execFileSync("java", [...javaArguments("kafka.tools.StorageTool"), ...format], { stdio: "pipe" });
  }

  get #settings(): string {
    return join(this.#place.folder, "server.properties");
  }

  /** Starts the process and waits until it serves requests. */
  async start(): Promise<void> {
    const log = openSync(join(this.#place.folder, "broker.log"), "a");
    const started = spawn("java", [...javaArguments("kafka.Kafka"), this.#settings], {
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#process = started;
    endsWithUs(started);
    const untilReady = { maxAttempts: READY_ATTEMPTS, backoff: new ConstantBackoff(POLL_MS) };
    await retry(
      handleWhen(() => this.#isRunning),
      untilReady,
    ).execute(() => this.#probe());
  }

  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Asks it to end, so that it closes its logs. */
  shutDown(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  get #isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ending = this.#process;
    if (ending === undefined || !this.#isRunning) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    await gone;
  }

  /** An ApiVersions request answered without error: a connection alone says nothing. */
  async #probe(): Promise<void> {
    if (!this.#isRunning) throw new Error(readFileSync(join(this.#place.folder, "broker.log"), "utf8"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(this.#place.port, "127.0.0.1", () => socket.write(API_VERSIONS));
    socket.setTimeout(1000, () => socket.destroy(new Error("no answer")));
    socket.on("error", reject).on("close", () => reject(new Error("closed")));
    socket.once("data", (answer) =>
      answer.readInt16BE(8) === 0 ? resolve() : reject(new Error("not ready")),
    );
    await promise.finally(() => socket.destroy());
  }
}

/** Length 11, key 18, version 0, correlation 7, client "p". */
const API_VERSIONS = Buffer.from("0000000b0012000000000007000170", "hex");

const javaArguments = (main: string) => [
  ...[
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
  ],
  ...["-cp", join(JARS, "*"), main],
];

/** Short sessions, so that a killed broker is noticed in two seconds and not in nine. */
function propertiesOf(place: BrokerPlace, logs: string, secure?: SecureListeners): string[] {
  const replicas = Math.min(3, place.voters.length);
  const more = secure ? listenersOf(secure) : [];
  const aside = (at: "port" | "advertisedPort") =>
    place.aside ? [`ASIDE://127.0.0.1:${place.aside[at]}`] : [];
  return [
    "process.roles=broker,controller",
    `node.id=${place.id}`,
    `controller.quorum.voters=${place.voters.join(",")}`,
    `listeners=${[`PLAINTEXT://127.0.0.1:${place.port}`, `CONTROLLER://127.0.0.1:${place.controllerPort}`, ...aside("port"), ...more]}`,
    `advertised.listeners=${[`PLAINTEXT://127.0.0.1:${place.advertisedPort}`, ...aside("advertisedPort"), ...more]}`,
    `listener.security.protocol.map=${["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT", "ASIDE:PLAINTEXT", ...PROTOCOL_MAP]}`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAINTEXT",
    `log.dirs=${logs}`,
    "auto.create.topics.enable=false",
    `default.replication.factor=${replicas}`,
    `min.insync.replicas=${Math.max(1, replicas - 1)}`,
    "offsets.topic.num.partitions=1",
    `offsets.topic.replication.factor=${replicas}`,
    "transaction.state.log.num.partitions=1",
    `transaction.state.log.replication.factor=${replicas}`,
    `transaction.state.log.min.isr=${Math.max(1, replicas - 1)}`,
    "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=1000",
    "broker.session.timeout.ms=2000",
    "broker.heartbeat.interval.ms=400",
    "num.network.threads=2",
    "num.io.threads=2",
    "background.threads=2",
    "log.cleaner.dedupe.buffer.size=4194304",
    ...(secure ? securityProperties(secure) : []),
  ];
}
