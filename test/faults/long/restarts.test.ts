/** An upgrade without a pause: every role is ended and started again, one after the other, while everything is under load. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROCESS_ROLES } from "../../../schemas/settings-servers.ts";
import { type Member, ready } from "../../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { WITH_GROUPS } from "../days.ts";
import { newDoor } from "../door.ts";
import { lasting, overDays, quiet, type Step } from "../load.ts";
import { lots, SEED } from "../seed.ts";
import { newSystem } from "../system.ts";

/** A restart comes within this time after its part of the load has begun. */
const MOMENT_MS = 300;

describe.runIf(kafkaCanBeStarted() && canBeStarted())("every role", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
  });
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));

  /** Each role a process, restarted in turn by this signal. */
  const expectToOutlive = async (signal: "SIGTERM" | "SIGKILL", code: number | null) => {
    const system = await newSystem({
      brokers: kafka.addresses,
      redis: redis.addresses[0] ?? "",
      settings: WITH_GROUPS,
    });
    const own = lots(`restart ${signal}`);
    const door = await newDoor(system);
    const start = async (role: string) => {
      const member = await system.start(role);
      await ready(member);
      return member;
    };
    const members = new Map<string, Member>();
    for (const role of PROCESS_ROLES) if (role !== "ingest") members.set(role, await start(role));
    const restart = async (role: string) => {
      if (role === "ingest") return door.restart(signal);
      const ended = await members.get(role)?.end(signal);
      members.set(role, await start(role));
      return ended;
    };
    const restarts = PROCESS_ROLES.map((role): Step => {
      return async () => {
        await lasting(own.below(MOMENT_MS))();
        expect(await restart(role)).toBe(code);
      };
    });
    const accepted = await overDays(system, SEED, [quiet, ...restarts, ...restarts, quiet], door);
    await expectUnharmed(system, accepted);
  };

  it("is asked to end, and starts again", () => expectToOutlive("SIGTERM", 0));

  it("is killed, and starts again", () => expectToOutlive("SIGKILL", null));
});
