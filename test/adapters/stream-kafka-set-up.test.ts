/** Brokers as they are met: other codecs, TLS and users, topics that are not as they should be, logs that have rotted. */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import kafkajs, { type Admin } from "kafkajs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CodecName } from "../../services/adapters/kafka/codecs.ts";
import type { KafkaSasl, KafkaStreamOptions } from "../../services/adapters/kafka/options.ts";
import { openKafkaStream } from "../../services/adapters/stream-kafka.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { events, numbered, readAll, values } from "../conformance/stream-records.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";
import { type Secured, USER } from "../servers/kafka-security.ts";

/** Lines that pack well, and enough of them that they are packed. */
const LINES = numbered(500).map((line) => `{"id":"${line}","service":"erp","operation":"approve_payment"}`);

describe.runIf(kafkaCanBeStarted())("a broker", { timeout: 30_000 }, () => {
  let kafka: Kafka;
  let secured: Secured;
  let admin: Admin;
  const opened: Stream[] = [];
  beforeAll(async () => {
    kafka = await startOwnKafka({ secured: true });
    secured = kafka.secured as Secured;
    admin = new kafkajs.Kafka({ brokers: [...kafka.addresses], logLevel: 0 }).admin();
    await admin.connect();
  }, 60_000);
  afterEach(() => Promise.all(opened.splice(0).map((stream) => stream.close())));
  afterAll(async () => {
    await admin.disconnect();
    await kafka.stop();
  });

  const open = async (more: Partial<KafkaStreamOptions> = {}) => {
    const topicPrefix = `${randomUUID()}.`;
    const stream = await openKafkaStream({
      ...{ brokers: kafka.addresses, topicPrefix, partitions: 2, replication: 1 },
      ...more,
    });
    opened.push(stream);
    return stream;
  };

  /** Resolves when the broker goes by them. */
  const configure = async (name: string, settings: Record<string, string>) => {
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
    const current = async () => {
      const described = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name }] });
      const entries = described.resources[0]?.configEntries ?? [];
      return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
    };
    await expect.poll(current).toMatchObject(settings);
  };

  describe("packing", () => {
    const CODECS: CodecName[] = ["none", "gzip", "snappy", "lz4", "zstd"];

    it.each(CODECS)("is read when the broker packs with %s", async (codec) => {
      const topicPrefix = `${randomUUID()}.`;
      const stream = await open({ topicPrefix, compression: "none" });
      await configure(`${topicPrefix}events`, {
        "compression.type": codec === "none" ? "uncompressed" : codec,
      });
      await stream.append(events(0, ...LINES));
      expect(values(await readAll(stream, "events", 0))).toEqual(LINES);
    });

    it.each(CODECS)(
      "is understood by the broker, which packs anew, when we pack with %s",
      async (compression) => {
        const topicPrefix = `${randomUUID()}.`;
        const stream = await open({ topicPrefix, compression });
        await configure(`${topicPrefix}events`, {
          "compression.type": compression === "gzip" ? "zstd" : "gzip",
        });
        await stream.append(events(0, ...LINES));
        expect(values(await readAll(stream, "events", 0))).toEqual(LINES);
      },
    );

    it("hands out a line that says so in the place of a batch that cannot be unpacked, and all others", async () => {
      const topicPrefix = `${randomUUID()}.`;
      const stream = await open({ topicPrefix, compression: "zstd" });
      for (const some of [LINES.slice(0, 100), LINES.slice(100, 200), LINES.slice(200)])
        await stream.append(events(0, ...some));
      const [broker] = kafka.brokers;
      await broker?.shutDown();
      rot(join(broker?.logFolder ?? "", `${topicPrefix}events-0`));
      await broker?.start();
      const records = await readAll(stream, "events", 0);
      const [standIn] = values(records).filter((line) => line.startsWith('{"unreadable"'));
      expect(JSON.parse(standIn ?? "")).toMatchObject({
        unreadable: {
          topic: `${topicPrefix}events`,
          partition: 0,
          from: 100,
          to: 199,
          reason: expect.any(String),
        },
      });
      expect(values(records).filter((line) => line !== standIn)).toEqual([
        ...LINES.slice(0, 100),
        ...LINES.slice(200),
      ]);
      expect(records[100]?.position).toBe(199);
    });
  });

  describe("topics", () => {
    it("are refused with every difference when they were made otherwise, and taken when it is mended", async () => {
      const topicPrefix = `${randomUUID()}.`;
      await open({ topicPrefix, partitions: 3 });
      await configure(`${topicPrefix}denials`, { "cleanup.policy": "delete", "max.message.bytes": "1000" });
      await expect(open({ topicPrefix, partitions: 2, retentionMs: { events: 1000 } })).rejects.toMatchObject(
        {
          code: "bad-settings",
          message: expect.stringMatching(
            new RegExp(
              [
                `topic ${topicPrefix}events: partitions is 3, should be 2`,
                `topic ${topicPrefix}events: retention.ms is 604800000, should be 1000`,
                `topic ${topicPrefix}denials: cleanup.policy is delete, should be compact`,
                `topic ${topicPrefix}denials: max.message.bytes is 1000, should be at least 2162688`,
              ].join(".*"),
            ),
          ),
        },
      );
      await configure(`${topicPrefix}denials`, DENIALS);
      expect((await open({ topicPrefix, partitions: 3 })).partitions).toBe(3);
    });

    it("tell how many partitions there are when nobody says", async () => {
      const topicPrefix = `${randomUUID()}.`;
      await open({ topicPrefix, partitions: 5 });
      const unsaid = { brokers: kafka.addresses, replication: 1, topicPrefix };
      const stream = await openKafkaStream(unsaid);
      opened.push(stream);
      expect(stream.partitions).toBe(5);
    });

    it("are not made when that is not wanted, nor with more replicas than there are brokers", async () => {
      await expect(open({ createTopics: false })).rejects.toMatchObject({
        code: "bad-settings",
        message: expect.stringContaining("there is no topic"),
      });
      await expect(open({ replication: 3 })).rejects.toMatchObject({
        code: "bad-settings",
        message: expect.stringContaining("eplication"),
      });
    });

    it("are made once when several processes start at the same time", async () => {
      const topicPrefix = `${randomUUID()}.`;
      const streams = await Promise.all([1, 2, 3].map(() => open({ topicPrefix })));
      expect(streams.map(({ partitions }) => partitions)).toEqual([2, 2, 2]);
    });
  });

  describe("coming in", () => {
    const token = () => Promise.resolve(unsecuredToken(USER.username));
    const users: KafkaSasl[] = [
      { mechanism: "plain", ...USER },
      { mechanism: "scram-sha-256", ...USER },
      { mechanism: "scram-sha-512", ...USER },
      { mechanism: "oauthbearer", token },
    ];
    const isRoundTrip = async (more: Partial<KafkaStreamOptions>) => {
      const stream = await open(more);
      await stream.append(events(1, ...LINES));
      const seen: number[] = [];
      const { stop } = stream.consume("events", "group", {
        assigned: async () => 0,
        batch: async ({ count }) => void seen.push(count),
        revoked: async () => {},
      });
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual([500]);
      await stop();
    };

    it.each(users)("goes as a user by $mechanism, with and without TLS", async (sasl) => {
      await isRoundTrip({ brokers: [secured.sasl], sasl });
      await isRoundTrip({ brokers: [secured.saslTls], sasl, ssl: { caFile: secured.caFile } });
    });

    it("goes by TLS, and by TLS with a certificate of one's own", async () => {
      const { caFile, certFile, keyFile } = secured;
      await isRoundTrip({ brokers: [secured.tls], ssl: { caFile } });
      await isRoundTrip({ brokers: [secured.mutualTls], ssl: { caFile, certFile, keyFile } });
    });

    it("takes the password from a file", async () => {
      const passwordFile = join(kafka.brokers[0]?.logFolder ?? "", "..", "password");
      writeFileSync(passwordFile, `${USER.password}\n`);
      const sasl = { mechanism: "scram-sha-256", username: USER.username, passwordFile } as const;
      await isRoundTrip({ brokers: [secured.sasl], sasl });
    });

    it("is refused at once, and without the password in the message, with a wrong one", async () => {
      const sasl = { mechanism: "scram-sha-512", username: USER.username, password: "guessed" } as const;
      const refusal = await open({ brokers: [secured.sasl], sasl }).catch((error) => error);
      expect(refusal).toMatchObject({
        code: "bad-settings",
        message: expect.stringContaining("SCRAM-SHA-512"),
      });
      expect(refusal.message).not.toContain("guessed");
    });

    it("is refused when nobody we trust signed the broker's certificate", async () => {
      await expect(open({ brokers: [secured.tls], ssl: {} })).rejects.toMatchObject({
        code: "bad-settings",
        message: expect.stringContaining("self-signed certificate"),
      });
    });

    it("says which file is not there, and that there is no password", async () => {
      await expect(open({ ssl: { caFile: "nowhere.pem" } })).rejects.toThrow("kafka.ssl.caFile: nowhere.pem");
      const sasl = { mechanism: "plain", username: "somebody" } as const;
      await expect(open({ sasl })).rejects.toThrow("no password");
    });
  });
});

const DENIALS = {
  "cleanup.policy": "compact",
  "max.message.bytes": "2162688",
  "min.insync.replicas": "1",
  "unclean.leader.election.enable": "false",
};

/** Changes bytes in the middle of the second batch of the newest segment. */
function rot(folder: string): void {
  const segment = join(folder, readdirSync(folder).find((name) => name.endsWith(".log")) ?? "");
  const bytes = readFileSync(segment);
  const second = 12 + bytes.readInt32BE(8);
  bytes.fill(0xff, second + 65, second + 90);
  writeFileSync(segment, bytes);
}

/** What the broker's validator for development takes: a token without a signature. */
function unsecuredToken(subject: string): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const parts = [{ alg: "none" }, { sub: subject, iat: nowSeconds, exp: nowSeconds + 600 }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;
}
