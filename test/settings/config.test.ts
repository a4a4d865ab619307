import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { clientSettings, loadSecrets, loadSettings, printSettings } from "../../services/settings/config.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string, name = "offgraph.yaml"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const load = (text: string, environment = {}) => loadSettings({ path: file(text), environment });
const DETECTORS = [
  {
    id: "token-reuse",
    about: { kinds: { "used-after-revocation": {} } },
    settings: z.strictObject({ graceMs: z.int().min(0).default(5000) }),
  },
  { id: "out-of-graph", about: { kinds: { "new-operation": {} } }, settings: z.strictObject({}) },
];

describe("settings", () => {
  it("are all defaults without a file", () => {
    const settings = loadSettings({ path: file(""), environment: {} });
    expect(settings.http).toMatchObject({ host: "127.0.0.1", port: 7070, tokens: [] });
    expect(settings.playbook.every((step) => step.mode === "observe")).toBe(true);
  });

  it("name file, line, path, what was expected and what stood there", () => {
    expect(() => load("tenant: acme\nhttp:\n  port: seventy\n")).toThrow(
      /offgraph\.yaml:3: http\.port: expected a number, got "seventy"$/,
    );
    expect(() => load("partitions: 5000\n")).toThrow(/:1: partitions: expected 1024 or less, got 5000$/);
    expect(() => load("log:\n  level: loud\n")).toThrow(/log\.level: expected one of debug, .*, got "loud"$/);
  });

  it("name every fault at once", () => {
    expect(() => load("partitions: 0\nhttp: { port: -1 }\n")).toThrow(/partitions:.*\n.*http\.port:/);
  });

  it("say which name was meant", () => {
    expect(() => load("http:\n  prot: 80\n")).toThrow(
      /:2: http\.prot: no setting has this name; did you mean port\?$/,
    );
    expect(() => load("zzzzzzzz: 1\n")).toThrow(/expected one of data, partitions,/);
  });

  it("name the line of a fault in a list", () => {
    expect(() => load("playbook:\n  - name: a\n    do: quarantine\n  - name: b\n    do: nuke\n")).toThrow(
      /:5: playbook\[1\]\.do: expected one of/,
    );
  });

  it("name the line of broken YAML", () => {
    expect(() => load("http:\n  port: [1\n")).toThrow(/offgraph\.yaml:\d+: /);
  });

  it("never show a token that was pasted where its hash belongs", () => {
    const text = "http:\n  tokens:\n    - { name: a, sha256: my-secret-token, roles: [read] }\n";
    expect(() => load(text)).toThrow(/sha256: expected .*, got text of 17 characters$/);
    expect(() => load(text)).not.toThrow(/my-secret-token/);
  });

  it.each([
    "telemetry: { endpoint: 'https://otel:my-password@collector:4318' }\n",
    "kafka: { brokers: ['user:my-password@kafka:9092'] }\n",
    "redis: { nodes: ['user:my-password@redis:6379'] }\n",
    "redis: { url: 'redis://user:my-password@redis:6379' }\n",
  ])("never show a password that was pasted beside a host: %s", (text) => {
    expect(() => load(text)).toThrow(/expected .*, got text of \d+ characters|without user or password/);
    expect(() => load(text)).not.toThrow(/my-password/);
  });

  it("take the environment before the file, and the command line before both", () => {
    const path = file("data: from-file\nhttp: { port: 1 }\n");
    const environment = { OFFGRAPH_DATA: "from-environment", OFFGRAPH_HTTP_PORT: "2" };
    const options = { "http.port": { option: "--port", value: "3" } };
    const settings = loadSettings({ path, environment, options });
    expect(settings).toMatchObject({ data: "from-environment", http: { port: 3 } });
  });

  it("name the variable or option that is wrong", () => {
    expect(() => load("", { OFFGRAPH_HTTP_PORT: "many" })).toThrow(
      /^OFFGRAPH_HTTP_PORT \(http\.port\): expected a number, got "many"/,
    );
    const options = { "http.port": { option: "--port", value: "99999" } };
    expect(() => loadSettings({ path: file(""), environment: {}, options })).toThrow(
      /^--port \(http\.port\): .*65535/,
    );
  });

  it("name a file that cannot be read", () => {
    expect(() => loadSettings({ path: join(folder, "none.yaml"), environment: {} })).toThrow(
      /none\.yaml \(ENOENT\)/,
    );
  });
});

describe("settings of detectors", () => {
  const check = (text: string) => loadSettings({ path: file(text), environment: {}, detectors: DETECTORS });

  it("are completed with their defaults", () => {
    expect(check("").detectors).toEqual({ "token-reuse": { graceMs: 5000 }, "out-of-graph": {} });
  });

  it("are checked by the detector's own schema, with the line", () => {
    expect(() => check("detectors:\n  token-reuse:\n    graceMs: -1\n")).toThrow(
      /:3: detectors\.token-reuse\.graceMs: expected 0 or more, got -1/,
    );
    expect(() => check("detectors:\n  token-reuse:\n    graceMS: 1\n")).toThrow(/did you mean graceMs\?/);
    expect(() => check("detectors:\n  token-resue: {}\n")).toThrow(/:2: .*did you mean token-reuse\?/);
  });
});

describe("steps of the playbook", () => {
  const check = (when: string) =>
    loadSettings({
      path: file(`playbook:\n  - { name: a, do: quarantine, when: ${when} }\n`),
      environment: {},
      detectors: DETECTORS,
    });

  it("wait for detectors and kinds of finding that there are", () => {
    check("{ detectors: [token-reuse], kinds: [used-after-revocation] }");
    check("{ kinds: [new-operation, used-after-revocation] }");
    expect(() => check("{ detectors: [token-resue] }")).toThrow(
      /:2: playbook\[0\]\.when\.detectors\[0\]: no detector is called "token-resue"; did you mean token-reuse\?$/,
    );
    expect(() => check("{ detectors: [token-reuse], kinds: [new-operation] }")).toThrow(
      /kinds\[0\]: no kind .* is called "new-operation"; expected one of used-after-revocation$/,
    );
  });

  it("have each a name of their own", () => {
    const steps = (second: string) =>
      load(`playbook:\n  - { name: a, do: quarantine }\n  - { name: ${second}, do: revoke-token }\n`);
    expect(steps("b").playbook).toHaveLength(2);
    expect(() => steps("a")).toThrow(/:3: playbook\[1\]\.name: expected a name that no other step has/);
  });

  it("and detectors are complained of together with everything else", () => {
    const text =
      "partitions: 0\ndetectors: { nope: {} }\nplaybook: [{ name: a, do: quarantine, when: { kinds: [x] } }]\n";
    expect(() => loadSettings({ path: file(text), environment: {}, detectors: DETECTORS })).toThrow(
      /:1: partitions: .*\n.*:2: detectors\.nope: .*\n.*:3: playbook\[0\]\.when\.kinds/,
    );
  });
});

describe("secrets of webhooks", () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const hook = (place: string) =>
    load(`feeds:\n  webhooks:\n    - { name: soc, url: "https://example.com/hook/abc", ${place} }\n`);

  it("come from a file or the environment", () => {
    const path = file(`${secret}\n`, "secret");
    expect(loadSecrets(hook(`secretFile: ${path}`), {}).webhooks.get("soc")).toBe(secret);
    expect(loadSecrets(hook("secretEnv: SOC"), { SOC: secret }).webhooks.get("soc")).toBe(secret);
  });

  it("are refused without being shown", () => {
    const refused = () => loadSecrets(hook("secretEnv: SOC"), { SOC: "whsec_c2hvcnQ=" });
    expect(refused).toThrow(/feeds\.webhooks\.soc: expected whsec_.* in \$SOC, got 5 bytes/);
    expect(refused).not.toThrow(/c2hvcnQ/);
    expect(() => loadSecrets(hook("minSeverity: low"), {})).toThrow(
      /either secretFile or secretEnv, got neither/,
    );
  });

  it("and hashes of tokens are hidden when settings are printed", () => {
    const text = `http:\n  tokens: [{ name: a, sha256: ${"ab".repeat(32)}, roles: [read] }]\n`;
    const printed = printSettings({ ...load(text), feeds: hook("secretEnv: SOC").feeds });
    expect(printed).toContain("name: a");
    expect(printed).not.toMatch(/abab|hook\/abc/);
  });
});

describe("where commands find the system", () => {
  it("is the address of the settings, unless the environment or --url names another", () => {
    const settings = load("http: { port: 8080 }\n");
    expect(clientSettings(settings, undefined, {}).url).toBe("http://127.0.0.1:8080");
    expect(clientSettings(settings, undefined, { OFFGRAPH_URL: "https://a.example/" }).url).toBe(
      "https://a.example",
    );
    expect(clientSettings(settings, "http://b.example", { OFFGRAPH_URL: "https://a.example" }).url).toBe(
      "http://b.example",
    );
    for (const [odd, told] of [
      ["nonsense", '"nonsense"'],
      ["ftp://a.example", '"ftp://a.example"'],
      ["http://u:my-password@a.example", "text of 32 characters"],
    ])
      expect(() => clientSettings(settings, odd, {})).toThrow(new RegExp(`without user, got ${told}$`));
  });

  it("takes the token from the environment or a file", () => {
    const path = file("token-in-file\n", "token");
    expect(clientSettings(load(""), undefined, { OFFGRAPH_TOKEN_FILE: path }).token).toBe("token-in-file");
    expect(clientSettings(load(""), undefined, { OFFGRAPH_TOKEN: "direct" }).token).toBe("direct");
    expect(clientSettings(load(""), undefined, {}).token).toBeUndefined();
  });
});
