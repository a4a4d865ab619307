/** More partitions, between two halves of a story; the command is killed on its way and run again. `FAULT_SEED` repeats the moments of an earlier run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROGRAM, spawned } from "../../cli/command.ts";
import { ready } from "../../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { lasting, quiet, underLoad } from "../load.ts";
import { lots, SEED } from "../seed.ts";
import { newSystem, OTHERS, type System } from "../system.ts";

const [BEFORE, AFTER] = [4, 7];
/** The command is killed within this time: while it starts, copies, or is nearly done. */
const MOMENT_MS = 4000;

describe.runIf(kafkaCanBeStarted() && canBeStarted())("a system that gets more partitions", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
  });
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));
  const own = lots("repartition");

  const start = async (system: System) => {
    const door = await system.start(OTHERS);
    await ready(door, await system.start("processor"));
    return door;
  };
  const argumentsOf = ({ file }: System) => [
    "repartition",
    ...["--config", file, "--to", `${AFTER}`, "--yes"],
  ];
  const kill = async (system: System) => {
    const env = { PATH: process.env.PATH, ...system.environment };
    const child = spawn(process.execPath, [PROGRAM, ...argumentsOf(system)], {
      env,
      cwd: system.folder,
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    await lasting(own.below(MOMENT_MS))();
    child.kill("SIGKILL");
    await ended;
  };
  /** Run again until it has nothing left to do: a kill may have come just after its end. */
  const finish = async (system: System) => {
    const options = { env: system.environment, cwd: system.folder };
    const { code, err } = await spawned(argumentsOf(system), options);
    if (code !== 0) expect(err).toMatch(`more than the ${AFTER} partitions that there are`);
  };

  it("has lost and repeated nothing, however often the command was broken off", async () => {
    const system = await newSystem({
      brokers: kafka.addresses,
      redis: redis.server.address,
      partitions: BEFORE,
    });
    const first = await start(system);
    const accepted = new Set(await underLoad(first.url, { seed: SEED }, [quiet]));
    await system.settled();
    for (const member of system.running()) expect(await member.end("SIGTERM")).toBe(0);
    for (let times = 0; times < 4; times++) await kill(system);
    await finish(system);
    const settings = JSON.parse(readFileSync(system.file, "utf8"));
    const moved = { ...settings, kafka: { ...settings.kafka, partitions: AFTER } };
    writeFileSync(system.file, JSON.stringify(moved));
    const second = await start(system);
    for (const id of await underLoad(second.url, { seed: SEED + 1 }, [quiet])) accepted.add(id);
    await expectUnharmed(system, accepted);
  });
});
