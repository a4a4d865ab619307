import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Embedded, openEmbedded, openReadOnly } from "../../services/adapters/index.ts";
import { contents } from "../conformance/store-groups.ts";
import { events, readAll, values } from "../conformance/stream-records.ts";
import { callLines, PARTITIONS } from "./crash-story.ts";
import { temporaryFolder } from "./folder.ts";

let place: ReturnType<typeof temporaryFolder>;
let folder: string;
beforeEach(() => {
  place = temporaryFolder();
  folder = `${place.folder}/data/offgraph`;
});
afterEach(() => place.remove());

describe("the data folder", () => {
  it("is made for the owner alone", async () => {
    const embedded = await openEmbedded({ folder, partitions: PARTITIONS });
    await embedded.close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("holds files for the owner alone also when it was there before, and says that it is open to others", async () => {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    const embedded = await openEmbedded({ folder, partitions: PARTITIONS, warn });
    const modes = readdirSync(folder).map((name) => statSync(`${folder}/${name}`).mode & 0o777);
    await embedded.close();
    expect(modes.length).toBeGreaterThan(2);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect(warnings).toEqual([`${folder} can be read by other users; chmod 700 closes it`]);
    const closed = await openEmbedded({ folder: `${folder}/own`, partitions: PARTITIONS, warn });
    await closed.close();
    expect(warnings.length).toBe(1);
  });

  it("belongs to one holder until it is closed", async () => {
    const first = await openEmbedded({ folder, partitions: PARTITIONS });
    const second = openEmbedded({ folder, partitions: PARTITIONS });
    await expect(second).rejects.toMatchObject({
      code: "data-in-use",
      message: expect.stringContaining(folder),
    });
    await first.close();
    const third = await openEmbedded({ folder, partitions: PARTITIONS });
    await third.close();
  });

  it("is given back when opening fails", async () => {
    const first = await openEmbedded({ folder, partitions: PARTITIONS });
    await first.close();
    await expect(openEmbedded({ folder, partitions: 7 })).rejects.toMatchObject({ code: "bad-settings" });
    const second = await openEmbedded({ folder, partitions: PARTITIONS });
    await second.close();
  });

  it.each(["/dev/null/offgraph", "/proc/offgraph"])(
    "is refused with the setting and the reason when it cannot be made: %s",
    async (odd) => {
      await expect(openEmbedded({ folder: odd, partitions: 1 })).rejects.toMatchObject({
        code: "bad-settings",
        message: expect.stringMatching(/^data: cannot make the folder .+ \(E[A-Z]+: /),
      });
    },
  );

  it("keeps 256 MiB of dead letters by itself, or as much as the caller says, and of events all", async () => {
    const line = Buffer.from(`"${"x".repeat(8_000_000)}"`);
    const filled = async (name: "dead-letters" | "events", times: number, retention = {}) => {
      const embedded = await openEmbedded({
        folder: `${folder}/${name}-${times}`,
        partitions: 8,
        ...retention,
      });
      const record = { stream: name, partition: 0, value: line };
      for (let time = 0; time < times; time++) await embedded.stream.append([record]);
      let kept = 0;
      for await (const { count } of embedded.stream.read(name, 0, 0)) kept += count;
      await embedded.close();
      return kept;
    };
    // The share of one of eight partitions is 32 MiB.
    expect(await filled("dead-letters", 8)).toBeLessThan(7);
    expect(await filled("dead-letters", 7, { retention: { "dead-letters": { maxBytes: 1e12 } } })).toBe(7);
    expect(await filled("events", 8)).toBe(8);
  });

  it("can be read without being held", async () => {
    const holder = await openEmbedded({ folder, partitions: PARTITIONS });
    await holder.stream.append(events(0, "a"));
    await holder.close();
    const reader = await openReadOnly(folder);
    expect(reader.stream.partitions).toBe(PARTITIONS);
    expect(await reader.stream.end("events", 0)).toBe(1);
    expect(await reader.store.position("processor", 0)).toBe(0);
    await reader.close();
  });

  it("is not found when it holds nothing", async () => {
    await expect(openReadOnly(folder)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a full disk", () => {
  it("refuses the append with the reason, loses nothing acknowledged and does not end the process", async () => {
    // A limit on the size of files stands in for the disk: writes beyond it fail, once its signal is ignored.
    const limited = 'trap \'\' XFSZ; ulimit -f 8192; exec "$0" "$@"';
    const argv = ["-c", limited, process.execPath, scriptAt("full-disk-writer.ts"), folder];
    const { stdout } = await promisify(execFile)("sh", argv);
    const { refusal, acknowledged, readable } = JSON.parse(stdout);
    expect(refusal).toMatch(/stream\.mdb was not written: /);
    expect(acknowledged).toBeGreaterThan(5);
    expect(readable).toBe(acknowledged);
  });
});

describe("after kill -9 of its holder", () => {
  it("the folder opens at once and holds everything acknowledged, nothing torn", async () => {
    const acknowledged = new Map<string, number>();
    for (const lines of [1, 40, 90, 7, 150]) {
      await killAfter(lines, acknowledged);
      const embedded = await openEmbedded({ folder, partitions: PARTITIONS });
      for (let partition = 0; partition < PARTITIONS; partition++) {
        await expectWholeLog(embedded, partition, acknowledged.get(`append ${partition}`) ?? -1);
        await expectWholeState(embedded, partition, acknowledged.get(`commit ${partition}`) ?? 0);
      }
      await embedded.close();
    }
  });

  /** Runs the writer until it has acknowledged so much, and kills it amid its next writes. */
  async function killAfter(count: number, acknowledged: Map<string, number>): Promise<void> {
    const writer = spawn(process.execPath, [scriptAt("crash-writer.ts"), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let left = count;
    for await (const line of createInterface(writer.stdout)) {
      const [kind, partition, number] = line.split(" ");
      acknowledged.set(`${kind} ${partition}`, Number(number));
      if (--left > 0) continue;
      if (left === 0) await expectHeld();
      writer.kill("SIGKILL");
    }
    if (writer.signalCode === null) await once(writer, "exit");
    expect(writer.signalCode).toBe("SIGKILL");
  }

  /** While the writer lives, nobody else writes, and anybody may read what it has committed. */
  async function expectHeld(): Promise<void> {
    await expect(openEmbedded({ folder })).rejects.toMatchObject({ code: "data-in-use" });
    const reader = await openReadOnly(folder);
    const ends = await Promise.all([0, 1].map((partition) => reader.stream.end("events", partition)));
    const positions = await Promise.all(
      [0, 1].map((partition) => reader.store.position("processor", partition)),
    );
    expect(Math.max(...ends, ...positions)).toBeGreaterThan(0);
    await reader.close();
  }
});

function scriptAt(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

async function expectWholeLog({ stream }: Embedded, partition: number, acknowledged: number): Promise<void> {
  const lines = values(await readAll(stream, "events", partition));
  const calls = 1 + Number(lines.at(-1)?.split(":")[1] ?? -1);
  expect(calls).toBeGreaterThan(acknowledged);
  expect(lines).toEqual(Array.from({ length: calls }, (_, call) => callLines(partition, call)).flat());
}

async function expectWholeState({ store }: Embedded, partition: number, acknowledged: number): Promise<void> {
  const position = await store.position("processor", partition);
  expect(position).toBeGreaterThanOrEqual(acknowledged);
  const groups = await contents(store, "processor", partition);
  const written = ["first", "second", "third"].map((group) => Number(groups[group]?.one ?? 0));
  expect(written).toEqual(["first", "second", "third"].map((group) => Number(groups[group]?.two ?? 0)));
  const prefixes = [0, 1, 2].map((count) => [0, 1, 2].map((chunk) => position + (chunk < count ? 1 : 0)));
  expect(prefixes).toContainEqual(written);
}
