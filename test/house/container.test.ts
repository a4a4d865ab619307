/** The container cannot be run here; its shape is checked instead. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Settings } from "../../schemas/settings.ts";
import { PROCESS_ROLES } from "../../schemas/settings-servers.ts";

interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly user: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly unknown[];
  readonly networks?: readonly string[];
  readonly configs?: readonly { readonly source: string }[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly [more: string]: unknown;
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: object;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

const compose: Compose = parse(readFileSync("docker-compose.yml", "utf8"), { merge: true });
const dockerfile = readFileSync("Dockerfile", "utf8");
const packageJson = JSON.parse(readFileSync("package.json", "utf8"));
/** Arguments of every instruction of one kind. */
const instructions = (name: string) =>
  [...dockerfile.replaceAll("\\\n", " ").matchAll(new RegExp(`^${name}\\s+(.*)$`, "gm"))].map(
    (match) => match[1] ?? "",
  );

describe.each(Object.entries(compose.services))("the service %s", (name, service) => {
  it("is not root, keeps no capability and writes to its volumes alone", () => {
    expect(service.user).toMatch(/^(?!root$|0(:|$)).+/);
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
    expect(service.privileged).toBeUndefined();
  });

  it("is reached from this machine only, and by name only from the network inside", () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const isOpen = (service.ports ?? []).length > 0 || name === "egress";
    const networks = isOpen ? ["inside", "outside"] : ["inside"];
    if (name === "setup") expect(service).toMatchObject({ network_mode: "none" });
    else expect(service.networks).toEqual(networks);
  });

  it("mounts volumes that there are and nothing of the machine", () => {
    for (const volume of service.volumes ?? []) {
      expect(volume).toMatch(/^[a-z]+:\//);
      expect(Object.keys(compose.volumes)).toContain(String(volume).split(":")[0]);
    }
    for (const { source } of service.configs ?? []) expect(Object.keys(compose.configs)).toContain(source);
  });

  it("is an image of one version, and is asked how it is", () => {
    expect(service.image).toMatch(/^(offgraph:local|[a-z/-]+:\d+\.\d+\.\d+(-[a-z]+)?)$/);
    const asks = service.build !== undefined && instructions("HEALTHCHECK").length === 1;
    expect(asks || (service.healthcheck?.test?.length ?? 0) > 1).toBe(true);
  });

  it("waits for services that there are", () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(Object.keys(compose.services)).toContain(other);
      expect(condition).toBe(other === "setup" ? "service_completed_successfully" : "service_healthy");
    }
  });
});

describe("the whole", () => {
  it("has a service for each role", () => {
    const roles = Object.values(compose.services).flatMap(({ command = [] }) =>
      command[0] === "start" ? command.slice(2) : [],
    );
    expect(roles.toSorted()).toEqual(PROCESS_ROLES.toSorted());
  });

  it("lets keys be written by the setup alone", () => {
    for (const [name, { volumes = [] }] of Object.entries(compose.services))
      for (const volume of volumes.map(String))
        if (/^(keys|gateway|acl|collector):/.test(volume))
          expect(volume.endsWith(":ro")).toBe(name !== "setup");
  });

  it("has a network without a way out", () => {
    expect(compose.networks.inside).toEqual({ internal: true });
  });

  it("has settings that Offgraph takes, with the servers that stand here", () => {
    const settings = Settings.parse(parse(compose.configs.offgraph?.content ?? ""));
    const hosts = [...(settings.kafka?.brokers ?? []), new URL(settings.redis?.url ?? "").host];
    for (const host of hosts) expect(Object.keys(compose.services)).toContain(host.split(":")[0]);
  });

  it("lets the collector ask every role, with a token", () => {
    const { receivers } = parse(compose.configs.collector?.content ?? "");
    const [job] = receivers.prometheus.config.scrape_configs;
    expect(job.static_configs[0].targets).toEqual(PROCESS_ROLES.map((role) => `${role}:7070`));
    expect(job.authorization.credentials_file).toBe("/etc/collector/offgraph/token");
  });
});

describe("the image", () => {
  it("is built on a pinned Node that the program accepts", () => {
    const [from = "", ...others] = instructions("FROM");
    expect(others).toEqual([]);
    const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-\w+-slim$/.exec(from) ?? [];
    const [, needed, least] = /^>=(\d+)\.(\d+)$/.exec(packageJson.engines.node) ?? [];
    expect(Number(major) * 1000 + Number(minor)).toBeGreaterThanOrEqual(
      Number(needed) * 1000 + Number(least),
    );
  });

  it("ends as another user than root, and is asked whether it is ready", () => {
    expect(instructions("USER")).toEqual(["node"]);
    expect(instructions("HEALTHCHECK")[0]).toContain("/readyz");
  });

  it("holds what it copies, and no more is sent to its builder", () => {
    const copied = instructions("COPY").flatMap((words) => words.split(/\s+/).slice(0, -1));
    const sent = readFileSync(".dockerignore", "utf8").match(/(?<=^!).+$/gm);
    expect(new Set(sent)).toEqual(new Set(copied));
  });
});
