/** The container cannot be run here; its shape is checked instead. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const compose = parse(readFileSync("docker-compose.yml", "utf8"));
const dockerfile = readFileSync("Dockerfile", "utf8");
const packageJson = JSON.parse(readFileSync("package.json", "utf8"));
/** Arguments of every instruction of one kind. */
const instructions = (name: string) =>
  [...dockerfile.replaceAll("\\\n", " ").matchAll(new RegExp(`^${name}\\s+(.*)$`, "gm"))].map(
    (match) => match[1] ?? "",
  );

describe.each(Object.keys(compose.services))("the service %s", (name) => {
  const service = compose.services[name];

  it("is not root, keeps no capability and writes to its volumes alone", () => {
    expect(service.user).toMatch(/^(?!root$|0(:|$)).+/);
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
    expect(service.privileged).toBeUndefined();
  });

  it("is reached from this machine only", () => {
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it("mounts nothing of the machine that it may write", () => {
    const mounts = service.volumes.filter((volume: unknown) => typeof volume === "object");
    for (const mount of mounts) expect(mount).toMatchObject({ read_only: true });
    const named = service.volumes.filter((volume: unknown) => typeof volume === "string");
    for (const volume of named) expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
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
