/**
 * Real Apache Kafka in KRaft mode for tests, one broker or several, on free loopback ports in a temporary folder.
 * Every broker is a controller too, so that a cluster of three survives the death of any one.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handleAll, retry } from "cockatiel";
import { KafkaBroker } from "./kafka-broker.ts";
import { kafkaAddresses } from "./kafka-jars.ts";
import { makeCertificates, type Secured } from "./kafka-security.ts";
import { freePorts } from "./ports.ts";

export interface KafkaOptions {
  /** Default: 1. */
  readonly brokers?: number;
  /** Listeners with TLS and SASL beside the plain one. Default: none. */
  readonly secured?: boolean;
  /** Where clients are told to connect for a broker's port, e.g. a proxy in front of it. Default: the port itself. */
  readonly advertise?: (port: number) => Promise<number>;
  /** The same for a second plain listener, so that a proxy stands before some of the clients only. Default: none. */
  readonly aside?: (port: number) => Promise<number>;
}

export interface Kafka {
  /** Addresses to begin with. */
  readonly addresses: readonly string[];
  /** The brokers that were started here, by node id less one; none when the addresses came from the environment. */
  readonly brokers: readonly KafkaBroker[];
  /** Addresses and credentials of the other listeners, when asked for. */
  readonly secured?: Secured;
  stop(): Promise<void>;
}

/** Kafka at the addresses of the environment, else one that is started here and removed by `stop`. */
export async function startKafka(): Promise<Kafka> {
  const addresses = kafkaAddresses();
  return addresses.length > 0 ? { addresses, brokers: [], stop: async () => {} } : startOwnKafka();
}

/** A cluster of one's own, whose brokers may be killed, paused and started again. */
export function startOwnKafka(options: KafkaOptions = {}): Promise<Kafka> {
  // Between being found free and being taken, a port may go to somebody else: then all begin anew with others.
  return retry(handleAll, { maxAttempts: 2 }).execute(() => bringUp(options));
}

async function bringUp(options: KafkaOptions): Promise<Kafka> {
  const { brokers: count = 1, advertise = async (port: number) => port } = options;
  const folder = mkdtempSync(join(tmpdir(), "offgraph-kafka-"));
  const certificates = options.secured ? makeCertificates(folder) : undefined;
  const ports = await freePorts((certificates ? 6 : 2) * count);
  const voters = Array.from(
    { length: count },
    (_, index) => `${index + 1}@127.0.0.1:${ports[count + index]}`,
  );
  // Kafka's own form. The first byte is 0: an id that begins with a dash would be taken for an option.
  const clusterId = Buffer.concat([Buffer.alloc(1), randomBytes(15)]).toString("base64url");
  const brokers = await Promise.all(
    voters.map(async (_, index) => {
      const [port, controllerPort] = [ports[index]!, ports[count + index]!];
      const advertisedPort = await advertise(port);
      const securePorts = ports.slice(2 * count + 4 * index, 2 * count + 4 * index + 4);
      const own = join(folder, `broker-${index + 1}`);
      mkdirSync(own);
      const aside = options.aside && (await secondDoor(options.aside));
      const place = { folder: own, id: index + 1, clusterId, voters, port, controllerPort, advertisedPort };
      return new KafkaBroker({ ...place, aside }, certificates && { ...certificates, ports: securePorts });
    }),
  );
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  await Promise.all(brokers.map((broker) => broker.start())).catch((error) =>
    stop().then(() => Promise.reject(error)),
  );
  return {
    addresses: brokers.map(({ address }) => address),
    brokers,
    ...(certificates && { secured: certificates.secured(ports.slice(2 * count)) }),
    stop,
  };
}

async function secondDoor(advertise: (port: number) => Promise<number>) {
  const [port = 0] = await freePorts(1);
  return { port, advertisedPort: await advertise(port) };
}
