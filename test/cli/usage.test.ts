import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DETECTORS } from "../../detectors/index.ts";
import { ran, spawned } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
/** A port on which nothing listens. */
const NOBODY = "http://127.0.0.1:1";

describe("the command line", () => {
  it("teaches with --help: what to begin with, every command, the exit codes", async () => {
    const { code, out } = await spawned(["--help"]);
    expect(code).toBe(0);
    for (const word of [
      "Begin here",
      "ingest",
      "replay",
      "findings",
      "agents",
      "quarantine",
      "Exit codes",
      "69",
    ])
      expect(out).toContain(word);
  });

  it("names a wrong option and ends with 2", async () => {
    const { code, out, err } = await ran("replay", "--no-such-option");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("--no-such-option");
  });

  it("says which command or option was meant", async () => {
    expect((await ran("replya")).err).toBe(
      "offgraph: unknown command 'replya'; did you mean replay?\n  → add --help to the command to have it explained (usage)\n",
    );
    expect((await ran("replay", "x", "--finding", "y")).err).toContain("did you mean --findings?");
  });

  it("wants a reason for what it does, and none for what it only shows", async () => {
    const { code, err } = await ran("quarantine", "billing", "--url", NOBODY);
    expect([code, err]).toEqual([2, expect.stringContaining("quarantine: give --reason TEXT")]);
    expect((await ran("quarantine", "billing", "--dry-run", "--url", NOBODY)).code).toBe(69);
  });

  it("leaves the way out to a message that names it, and adds it to any other", async () => {
    expect((await ran("release", "billing", "--url", NOBODY)).err).toMatch(
      / TEXT: .*\n {2}\(bad-request\)\n$/,
    );
    expect((await ran("agents", "--url", NOBODY)).err).toMatch(/\n {2}→ start it with .* \(not-running\)\n$/);
  });

  it("tells what commander refuses in the form of all other errors", async () => {
    const cases = [
      [["explain"], "missing required argument 'finding'"],
      [["quarantine", "a", "--for", "3"], "--for: expected a duration such as 30s, 15m or 1h, got 3"],
      [
        ["findings", "--severity", "dire"],
        /^offgraph: --severity: expected one of informational, .*, got dire\n/,
      ],
    ] as const;
    for (const [args, said] of cases) {
      const { code, err } = await ran(...args);
      expect(code).toBe(2);
      expect(err).toMatch(typeof said === "string" ? `offgraph: ${said}\n  → ` : said);
    }
  });

  it("shows a command's help, and no error, when only its sub-command is missing", async () => {
    const { code, err } = await ran("audit");
    expect([code, err]).toEqual([2, expect.stringMatching(/^Usage: offgraph audit (?!.*offgraph: ).*$/s)]);
  });

  it("shows a duration as people say it", async () => {
    expect((await spawned(["quarantine", "--help"])).out).toContain("(default: 1 h)");
  });

  it("ends with 69 and the way out when nothing runs", async () => {
    const { code, out, err } = await ran("findings", "--url", NOBODY);
    expect([code, out]).toEqual([69, ""]);
    expect(err).toMatch(/nothing answers at http:\/\/127\.0\.0\.1:1\n.*offgraph start/);
  });

  it("ends so too when it was to follow", async () => {
    const { code, err } = await spawned(["findings", "--follow", "--url", NOBODY]);
    expect([code, err]).toEqual([69, expect.stringContaining("nothing answers")]);
    expect(err).not.toContain("    at ");
  });

  it("asks for --yes where there is no terminal to ask on", async () => {
    for (const verdict of ["quarantine", "release"]) {
      const args = [verdict, "billing", "--reason", "odd", "--url", NOBODY];
      const { code, err } = await ran(...args);
      expect([code, err]).toEqual([2, expect.stringContaining("give --yes")]);
      expect((await ran(...args, "--yes")).code).toBe(69);
      expect((await ran(...args, "--dry-run")).code).toBe(69);
    }
  });

  it("ends with 69 when something else answers", async () => {
    const other = createServer((_request, response) => response.writeHead(404).end("<html>"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, err } = await ran("agents", "--url", url);
    other.close();
    expect(code).toBe(69);
    expect(err).toContain("answers 404, but not as Offgraph does");
  });

  it("shows a bad setting with its line, and ends with 2", async () => {
    const path = join(folder, "bad.yaml");
    writeFileSync(path, "http:\n  prot: 1\n");
    const { code, err } = await ran("config", "check", "--config", path);
    expect(code).toBe(2);
    expect(err).toContain(`${path}:2: http.prot: no setting has this name; did you mean port?`);
  });

  it("checks what start would refuse, all of it, as start does", async () => {
    const path = join(folder, "hooks.yaml");
    const hook = (name: string, url: string) =>
      `    - { name: ${name}, url: "${url}", secretEnv: NO_SUCH }\n`;
    const hooks =
      hook("soc", "https://localhost/x") +
      hook("noc", "http://10.0.0.1/") +
      hook("far", "https://example.com/");
    writeFileSync(path, `http: { host: 0.0.0.0 }\nfeeds:\n  webhooks:\n${hooks}`);
    const checked = await ran("config", "check", "--config", path);
    const started = await ran("start", "--config", path, "--data", join(folder, "never"));
    for (const { code, err } of [checked, started]) {
      expect(code).toBe(2);
      expect(err).toMatch(
        /http\.host: .*\n.*soc: .*\n.*noc: .*\n.*far: .*\n.*soc\.url: .*localhost.*\n.*noc\.url: /,
      );
      expect(err).not.toContain("far.url");
    }
    expect((await ran("config", "check")).code).toBe(0);
  });

  it("says where the sources lie that ingest will read", async () => {
    const path = join(folder, "sources.yaml");
    const kafka = "kafka: { brokers: [kafka.example.com:9092] }";
    writeFileSync(path, `sources: [{ name: aws, format: cloudtrail, topics: [trail], ${kafka} }]\n`);
    expect((await ran("config", "check", "--config", path)).out).toContain(
      "source aws: trail at kafka.example.com:9092, read as cloudtrail by group offgraph.source.aws\n",
    );
  });

  it("names a data folder that cannot be written", async () => {
    writeFileSync(join(folder, "a-file"), "");
    for (const data of [join(folder, "a-file"), join(folder, "a-file", "inner"), "/proc"]) {
      const { code, err } = await ran("start", "--data", data, "--port", "0");
      expect([code, err]).toEqual([2, expect.stringMatching(`data: .*${data}.*\n.*\\(bad-settings\\)`)]);
      expect(err).not.toContain("    at ");
    }
  });

  it("makes no data folder for a port that is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const data = join(folder, "none");
    const { code, err } = await ran("start", "--data", data, "--port", String(port));
    other.close();
    expect([code, err]).toEqual([2, expect.stringContaining("EADDRINUSE")]);
    expect(existsSync(data)).toBe(false);
  });

  it("prints the settings with the defaults of every detector", async () => {
    const { code, out } = await ran("config", "print", "--json");
    const settings = JSON.parse(out);
    expect(code).toBe(0);
    expect(settings.http.port).toBe(7070);
    expect(Object.keys(settings.detectors).sort()).toEqual(DETECTORS.map(({ id }) => id).sort());
  });

  it("makes an access token that its own hash fits", async () => {
    const { token, sha256 } = JSON.parse((await ran("config", "token", "--json")).out);
    expect(createHash("sha256").update(token).digest("hex")).toBe(sha256);
  });

  it("lists the sources, and explains one", async () => {
    const { out } = await ran("sources");
    for (const name of ["offgraph", "cloudtrail", "sessions"]) expect(out).toContain(name);
    const { out: explained } = await ran("sources", "offgraph");
    expect(explained.replace(/\n {2}/g, " ")).toContain("(never taken from a record), `agent` where");
    expect(explained).toMatch(/\.\n {2}`token\.value` is replaced/);
    const wrong = await ran("sources", "cloudtrial");
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("cloudtrail")]);
  });
});
