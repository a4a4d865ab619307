/** An upgrade without a pause: every role is ended and started again, one after the other, while everything is under load. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROCESS_ROLES } from "../../../schemas/settings-servers.ts";
import { type Member, ready } from "../../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { freePorts } from "../../servers/ports.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { lasting, quiet, type Step, underLoad } from "../load.ts";
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
    const system = await newSystem({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "" });
    const ports = await freePorts(PROCESS_ROLES.length);
    const own = lots(`restart ${signal}`);
    const started = (role: string, at: number) => system.start(role, ["--port", `${ports[at]}`]);
    const members: Member[] = await Promise.all(PROCESS_ROLES.map(started));
    await ready(...members);
    const restarts = PROCESS_ROLES.map((role, at): Step => {
      return async () => {
        await lasting(own.below(MOMENT_MS))();
        expect(await members[at]?.end(signal)).toBe(code);
        members[at] = await started(role, at);
        await ready(members[at]);
      };
    });
    const steps = [quiet, ...restarts, ...restarts, quiet];
    const accepted = await underLoad(members[0]?.url ?? "", { seed: SEED, agents: 12 }, steps);
    await expectUnharmed(system, accepted);
  };

  it("is asked to end, and starts again", () => expectToOutlive("SIGTERM", 0));

  it("is killed, and starts again", () => expectToOutlive("SIGKILL", null));
});
