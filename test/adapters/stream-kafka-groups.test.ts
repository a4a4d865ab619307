/** Members of a group come, go, are silent and come back; each opened log is a member, as a process of its own would be. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { OffgraphError } from "../../schemas/errors.ts";
import type { KafkaStreamOptions } from "../../services/adapters/kafka/options.ts";
import { openKafkaStream } from "../../services/adapters/stream-kafka.ts";
import type { Consumer, Stream } from "../../services/ports/stream.ts";
import { events, linesOf, numbered, record } from "../conformance/stream-records.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";
import { startProxy, type TcpProxy } from "../servers/proxy.ts";

const SESSION_MS = 1500;

describe.runIf(kafkaCanBeStarted())("a group on Kafka", { timeout: 30_000 }, () => {
  let kafka: Kafka;
  let proxy: TcpProxy;
  const opened: Stream[] = [];
  beforeAll(async () => {
    const advertise = async (port: number) => {
      proxy = await startProxy(port);
      return proxy.port;
    };
    kafka = await startOwnKafka({ advertise });
  }, 60_000);
  afterEach(async () => {
    proxy.open();
    await Promise.all(opened.splice(0).map((stream) => stream.close()));
  });
  afterAll(async () => {
    await proxy.stop();
    await kafka.stop();
  });

  const newGroup = () => {
    const topicPrefix = `${randomUUID()}.`;
    return async (more: Partial<KafkaStreamOptions> = {}) => {
      const options = { brokers: kafka.addresses, topicPrefix, partitions: 4, replication: 1 };
      const stream = await openKafkaStream({ ...options, sessionTimeoutMs: SESSION_MS, ...more });
      opened.push(stream);
      return stream;
    };
  };

  it("gives a new member its half, and the others keep theirs untouched and go on", async () => {
    const open = newGroup();
    const one = joined(await open());
    await one.owns(4);
    const two = joined(await open());
    await two.owns(2);
    await one.owns(2);
    expect([...one.owned, ...two.owned].toSorted()).toEqual([0, 1, 2, 3]);
    expect(one.told.filter(([what]) => what === "assigned")).toHaveLength(4);
    expect(one.told.filter(([what]) => what === "revoked")).toHaveLength(2);
  });

  it("has every record handed out in order and by one owner after another while members come and go", async () => {
    const open = newGroup();
    const log = await open();
    const members = [watched(log), watched(await open()), watched(await open())];
    const written = numbered(4).map((partition) => numbered(300).map((line) => `${partition}:${line}`));
    const positions = new Map<number, number>();
    const appending = written.map(async (lines, partition) => {
      for (const line of lines) await log.append(events(partition, line));
    });
    for (const member of members) member.consume(positions);
    await expect.poll(() => members[2]?.owned.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await members[1]?.stop();
    members[1]?.consume(positions);
    await Promise.all(appending);
    const seen = () => members.flatMap(({ lines }) => lines);
    await expect.poll(() => new Set(seen()).size, { timeout: 10_000 }).toBe(1200);
    for (const { lines } of members) expect(lines).toEqual([...new Set(lines)]);
    expect(seen().toSorted()).toEqual(written.flat().toSorted());
  });

  it("gives partitions of one number to one member in all streams of the group", async () => {
    const open = newGroup();
    const [one, two] = [joined(await open()), joined(await open())];
    one.consume(undefined, "findings");
    two.consume(undefined, "findings");
    await two.owns(4);
    await one.owns(4);
    expect([...one.owned].toSorted()).toEqual(twice([...new Set(one.owned)]));
    expect([...two.owned].toSorted()).toEqual(twice([...new Set(two.owned)]));
  });

  it("keeps its partitions while a batch takes longer than the session", async () => {
    const open = newGroup();
    const finish = Promise.withResolvers<void>();
    const one = joined(await open(), { batch: () => finish.promise });
    await one.owns(4);
    await opened[0]?.append(events(0, "long"));
    await expect.poll(() => one.lines).toEqual(["long"]);
    await after(2 * SESSION_MS);
    expect(one.told.filter(([what]) => what === "revoked")).toEqual([]);
    finish.resolve();
    await joined(await open()).owns(2);
  });

  it("neither revokes nor assigns what comes back before anybody else had it", async () => {
    const open = newGroup();
    const one = joined(await open({ sessionTimeoutMs: 10_000 }));
    await one.owns(4);
    proxy.cut();
    proxy.open();
    await opened[0]?.append(events(1, "after the cut"));
    await expect.poll(() => one.lines, { timeout: 10_000 }).toEqual(["after the cut"]);
    expect(one.told.map(([what]) => what)).toEqual(["assigned", "assigned", "assigned", "assigned"]);
  });

  it("lets go of everything and takes it over anew when it was away for longer than its session", async () => {
    const open = newGroup();
    const one = joined(await open());
    await one.owns(4);
    proxy.cut();
    await after(3 * SESSION_MS);
    proxy.open();
    await expect.poll(() => one.told.length, { timeout: 10_000 }).toBe(12);
    expect(one.told.slice(4, 8).map(([what]) => what)).toEqual(Array(4).fill("revoked"));
    expect(one.owned).toHaveLength(4);
  });

  it("goes on when a consumer says that it was fenced, with what the group gives it", async () => {
    const open = newGroup();
    let isFenced = true;
    const batch = async () => {
      if (isFenced) throw new OffgraphError("fenced", "somebody else has it");
    };
    const one = joined(await open(), { batch });
    await one.owns(4);
    await opened[0]?.append(events(2, "first"));
    await expect.poll(() => one.told.filter(([what]) => what === "revoked")).toEqual([["revoked", 2]]);
    isFenced = false;
    await one.owns(4);
    await expect.poll(() => one.lines).toEqual(["first", "first"]);
  });

  it("gives a static member its partitions back at once after it was killed, and fences who was it before", async () => {
    const open = newGroup();
    const sessionTimeoutMs = 25_000;
    const before = joined(await open({ instanceId: "one", sessionTimeoutMs }));
    await before.owns(4);
    const startedMs = performance.now();
    const after = joined(await open({ instanceId: "one", sessionTimeoutMs }));
    await after.owns(4);
    expect(performance.now() - startedMs).toBeLessThan(sessionTimeoutMs / 3);
    await expect(before.done()).rejects.toMatchObject({ code: "fenced" });
    expect(after.owned).toHaveLength(4);
  });

  it("makes its connections anew when nothing comes through them, and not when there is nothing", async () => {
    const open = newGroup();
    const log: string[] = [];
    const one = joined(
      await open({ sessionTimeoutMs: 25_000, stallTimeoutMs: 1500, log: (_, line) => log.push(line) }),
    );
    const restarts = () => log.filter((line) => line.includes("made anew")).length;
    await one.owns(4);
    await after(3000);
    expect(restarts()).toBe(0);
    proxy.hold();
    await expect.poll(restarts, { timeout: 10_000 }).toBeGreaterThan(0);
    proxy.open();
    await opened[0]?.append(events(0, "after"));
    await expect.poll(() => one.lines, { timeout: 10_000 }).toEqual(["after"]);
  });

  it("refuses to read on in a topic that was made anew", async () => {
    const open = newGroup();
    const stream = await open();
    await stream.append([record("events", 0, "only one")]);
    const { done } = stream.consume("events", "group", {
      assigned: async () => 50,
      batch: async () => {},
      revoked: async () => {},
    });
    await expect(done).rejects.toMatchObject({
      code: "bad-settings",
      message: expect.stringMatching(/events\/\d ends at \d, and 50 was reached before/),
    });
  });
});

const twice = (numbers: readonly number[]) => [...numbers, ...numbers].toSorted();

/** A session runs out by the broker's clock: nothing else says that it has. */
function after(ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  return expect.poll(() => performance.now(), { timeout: 2 * ms }).toBeGreaterThan(untilMs);
}

/** A member of the group at work. */
function joined(stream: Stream, overrides: Partial<Pick<Consumer, "batch">> = {}) {
  const member = watched(stream, overrides);
  member.consume();
  return member;
}

/** A member that remembers what it was told. */
function watched(stream: Stream, overrides: Partial<Pick<Consumer, "batch">> = {}) {
  const told: [what: "assigned" | "revoked", partition: number][] = [];
  const lines: string[] = [];
  const owned: number[] = [];
  const subscriptions: ReturnType<Stream["consume"]>[] = [];
  const member = {
    told,
    lines,
    owned,
    owns: (count: number) => expect.poll(() => owned.length, { timeout: 15_000, interval: 10 }).toBe(count),
    done: () => subscriptions[0]!.done,
    stop: () => Promise.all(subscriptions.splice(0).map((subscription) => subscription.stop())),
    consume(positions = new Map<number, number>(), name: "events" | "findings" = "events") {
      const subscription = stream.consume(name, "group", {
        assigned: async (partition) => {
          told.push(["assigned", partition]);
          owned.push(partition);
          return positions.get(partition) ?? 0;
        },
        batch: async (batch) => {
          lines.push(...linesOf(batch));
          await overrides.batch?.(batch);
          positions.set(batch.partition, batch.positions[batch.count - 1]! + 1);
        },
        revoked: async (partition) => {
          told.push(["revoked", partition]);
          owned.splice(owned.indexOf(partition), 1);
        },
      });
      subscriptions.push(subscription);
    },
  };
  return member;
}
