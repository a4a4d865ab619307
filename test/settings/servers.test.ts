/** Settings of Kafka, Redis, roles and keys: what is refused, with its place, and where secrets come from. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { kafkaOptions, redisOptions } from "../../services/adapters/servers.ts";
import { loadSecrets, loadSettings, printSettings } from "../../services/settings/config.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-servers-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
const load = (text: string, environment = {}) =>
  loadSettings({ path: file("offgraph.yaml", text), environment });
const KAFKA = "kafka:\n  brokers: [kafka.example.com:9092]\n";
const REDIS = "redis:\n  url: redis://redis.example.com:6379\n";

describe("settings of servers", () => {
  it("are complete with brokers and a url, and everything runs", () => {
    const settings = load(KAFKA + REDIS);
    expect(settings.kafka).toMatchObject({ topicPrefix: "offgraph.", partitions: 48, replication: 3 });
    expect(settings.roles).toEqual(["ingest", "processor", "learner", "responder", "egress", "gate", "api"]);
  });

  it("are not half there", () => {
    expect(() => load(KAFKA)).toThrow(/offgraph\.yaml:1: kafka: expected redis beside it/);
    expect(() => load(`tenant: acme\n${REDIS}`)).toThrow(/offgraph\.yaml:2: redis: expected kafka beside it/);
  });

  it("do not say twice how many partitions there are", () => {
    expect(() => load(`partitions: 4\n${KAFKA}${REDIS}`)).toThrow(/:1: partitions: .*kafka\.partitions$/);
  });

  it("name one way to Redis", () => {
    expect(() => load(`${KAFKA}${REDIS}  nodes: [redis.example.com:7000]\n`)).toThrow(
      /:3: redis: expected one of url, nodes and sentinel$/,
    );
    expect(() => load(`${KAFKA}redis: {}\n`)).toThrow(/:3: redis: expected one of url/);
    expect(load(`${KAFKA}redis:\n  nodes: ["[::1]:7000"]\n`).redis?.nodes).toEqual(["[::1]:7000"]);
  });

  it("never show a password that stands where none belongs", () => {
    const wrong = [
      `${KAFKA}redis:\n  url: redis://user:hunter2@redis.example.com\n`,
      `${KAFKA}${REDIS}  password: hunter2\n`,
      `${KAFKA}  sasl: { mechanism: plain, username: a, password: hunter2 }\n${REDIS}`,
    ];
    for (const text of wrong) {
      expect(() => load(text)).toThrow(/redis\.url|redis\.password|kafka\.sasl/);
      expect(() => load(text)).not.toThrow(/hunter2/);
    }
  });

  it("want a user and one place for the password, or a token file", () => {
    const sasl = (text: string) => load(`${KAFKA}  sasl: { ${text} }\n${REDIS}`);
    expect(() => sasl("mechanism: plain, username: a")).toThrow(
      /either passwordFile or passwordEnv, and .* neither$/,
    );
    expect(() => sasl("mechanism: plain, username: a, passwordFile: b, passwordEnv: C")).toThrow(/both$/);
    expect(() => sasl("mechanism: plain, passwordFile: b")).toThrow(/expected username/);
    expect(() => sasl("mechanism: oauthbearer, passwordFile: b")).toThrow(
      /either tokenFile or issuer, and there is neither\n.*expected neither username nor password with oauthbearer$/,
    );
    const issuer = "issuer: { tokenUrl: https://id.example.com/token, clientId: a, clientSecretEnv: B }";
    expect(sasl(`mechanism: oauthbearer, ${issuer}`).kafka?.sasl?.issuer?.clientId).toBe("a");
    expect(() => sasl(`mechanism: oauthbearer, tokenFile: t, ${issuer}`)).toThrow(/there is both$/);
    expect(() => sasl(`mechanism: plain, username: a, passwordFile: b, ${issuer}`)).toThrow(/nor issuer$/);
    expect(() => sasl("mechanism: oauthbearer, issuer: { tokenUrl: https://a:b@c, clientId: a }")).toThrow(
      /without user, got .*\n.*either clientSecretFile or clientSecretEnv/,
    );
    expect(sasl("mechanism: oauthbearer, tokenFile: t").kafka?.sasl?.tokenFile).toBe("t");
  });
});

describe("roles", () => {
  it("come from the file, the environment or the command line, and are known", () => {
    expect(load(`roles: [gate]\n${KAFKA}${REDIS}`).roles).toEqual(["gate"]);
    expect(load(KAFKA + REDIS, { OFFGRAPH_ROLES: "gate, api" }).roles).toEqual(["gate", "api"]);
    const options = { roles: { option: "--role", value: "gate,proccessor" } };
    const path = file("offgraph.yaml", KAFKA + REDIS);
    expect(() => loadSettings({ path, options, environment: {} })).toThrow(/roles\[1\].*got "proccessor"$/);
  });

  it("are all of them where one process holds the folder", () => {
    expect(() => load("roles: [gate]\n")).toThrow(/:1: roles: expected all of them: without kafka and redis/);
  });
});

describe("secrets of servers", () => {
  const text = `${KAFKA}  sasl: { mechanism: scram-sha-512, username: og, passwordFile: ${join(folder, "kafka")} }\n${REDIS}  passwordEnv: REDIS_PASSWORD\n`;

  it("come from files and variables, and reach the adapters and nothing that is printed", () => {
    file("kafka", "sesame\n");
    const settings = load(text);
    const secrets = loadSecrets(settings, { REDIS_PASSWORD: "open" });
    expect(secrets).toMatchObject({ kafkaPassword: "sesame", redisPassword: "open" });
    const { kafka, redis } = settings;
    expect(kafka && kafkaOptions(kafka, secrets).sasl).toEqual({
      mechanism: "scram-sha-512",
      username: "og",
      password: "sesame",
    });
    expect(redis && redisOptions(redis, secrets).password).toBe("open");
    expect(printSettings(settings)).not.toMatch(/sesame|open$/m);
  });

  it("may be that of a client that asks for tokens", () => {
    const issuer = "{ tokenUrl: https://id.example.com/token, clientId: a, clientSecretEnv: CLIENT }";
    const sasl = `  sasl: { mechanism: oauthbearer, issuer: ${issuer} }\n`;
    const settings = load(`${KAFKA}${sasl}${REDIS}`);
    expect(loadSecrets(settings, { CLIENT: "sesame" }).kafkaPassword).toBe("sesame");
    expect(() => loadSecrets(settings, {})).toThrow(
      /^kafka\.sasl\.issuer\.clientSecretEnv: .*\$CLIENT, and it is empty$/,
    );
  });

  it("are all named when they are not there", () => {
    rmSync(join(folder, "kafka"), { force: true });
    expect(() => loadSecrets(load(text), {})).toThrow(
      /kafka\.sasl\.passwordFile: expected a readable file.*ENOENT.*\n.*redis\.passwordEnv: .*\$REDIS_PASSWORD, and it is empty$/,
    );
  });
});
