/** Settings of sources that lie in Kafka: what is refused, with its place, and where their passwords come from. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SOURCE_FORMATS } from "../../schemas/settings-sources.ts";
import { SOURCES } from "../../services/ingest/sources/index.ts";
import { loadSecrets, loadSettings, printSettings } from "../../services/settings/config.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-sources-"));
afterAll(() => rmSync(folder, { recursive: true }));

const load = (text: string) => {
  writeFileSync(join(folder, "offgraph.yaml"), text);
  return loadSettings({ path: join(folder, "offgraph.yaml"), environment: {} });
};
const OWN = "kafka: { brokers: [kafka.example.com:9092]";
const source = (more = `${OWN} }`) => `  - { name: aws, format: cloudtrail, topics: [trail], ${more} }\n`;

describe("sources in Kafka", () => {
  it("need a name, a format, topics and brokers, and nothing else", () => {
    const [aws] = load(`sources:\n${source()}`).sources;
    expect(aws).toMatchObject({ name: "aws", latenessMs: 1000, start: "earliest", silentAfterMs: 900_000 });
  });

  it("are read from the brokers of the log, if there are some and none of their own", () => {
    const log = "kafka: { brokers: [a:1] }\nredis: { url: 'redis://b:2' }\n";
    expect(load(`${log}sources:\n${source("start: latest")}`).sources[0]?.kafka).toBeUndefined();
    expect(() => load(`sources:\n${source("start: latest")}`)).toThrow(
      /:2: sources\[0\]: expected kafka with its brokers/,
    );
  });

  it("have a name each, of a form that fits where it is shown", () => {
    expect(() => load(`sources:\n${source()}${source()}`)).toThrow(/:3: sources\[1\]\.name: .* no other/);
    expect(() => load(`sources:\n${source().replace("aws", "A W S")}`)).toThrow(
      /sources\[0\]\.name: expected/,
    );
  });

  it("have one of the formats that there are", () => {
    expect(SOURCE_FORMATS).toEqual(SOURCES.map(({ name }) => name));
    expect(() => load(`sources:\n${source().replace("cloudtrail", "avro")}`)).toThrow(
      /sources\[0\]\.format: expected one of offgraph,/,
    );
  });

  it("are as the documentation shows them", () => {
    const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(readFileSync("services/ingest/README.md", "utf8")) ?? [];
    const log = "kafka: { brokers: [a:1] }\nredis: { url: 'redis://b:2' }\n";
    expect(load(log + yaml).sources.map(({ name }) => name)).toEqual(["aws", "agents"]);
  });

  it("take a password from a file, and never show it", () => {
    writeFileSync(join(folder, "password"), "hunter2\n");
    const sasl = `sasl: { mechanism: plain, username: a, passwordFile: ${join(folder, "password")} }`;
    const settings = load(`sources:\n${source(`${OWN}, ${sasl} }`)}`);
    expect(loadSecrets(settings, {}).sourcePasswords?.get("aws")).toBe("hunter2");
    expect(printSettings(settings)).not.toContain("hunter2");
    rmSync(join(folder, "password"));
    expect(() => loadSecrets(settings, {})).toThrow(/sources\.aws\.kafka\.sasl\.passwordFile/);
  });
});
