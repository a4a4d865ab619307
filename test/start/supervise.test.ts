import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Service } from "../../services/http.ts";
import { supervise } from "../../services/start/supervise.ts";

const logger = pino({ level: "silent" });

function world(names: readonly string[]) {
  const stopped: string[] = [];
  const failures = new Map(names.map((name) => [name, Promise.withResolvers<void>()]));
  const service = (name: string): Service => ({
    waitingFor: () => undefined,
    done: failures.get(name)?.promise ?? Promise.resolve(),
    async stop() {
      stopped.push(name);
    },
  });
  const step = (name: string) => async () => void stopped.push(name);
  const services = new Map(names.map((name) => [name, service(name)]));
  const running = supervise({ services, before: step("server"), after: step("folder"), logger });
  return {
    running,
    stopped,
    services,
    fail: (name: string) => failures.get(name)?.reject(new Error("disk full")),
  };
}

describe("services kept together", () => {
  it("stop in order, once: the server, the services, the folder", async () => {
    const { running, stopped } = world(["processor", "responder"]);
    await Promise.all([running.stop(), running.stop()]);
    await running.done;
    expect(stopped).toEqual(["server", "processor", "responder", "folder"]);
  });

  it("all stop when one fails, and the error names it", async () => {
    const { running, stopped, fail } = world(["processor", "responder"]);
    fail("responder");
    await expect(running.done).rejects.toMatchObject({
      code: "internal",
      message: "responder has failed: disk full",
    });
    expect(stopped).toEqual(["server", "processor", "responder", "folder"]);
  });

  it("go on stopping when one cannot", async () => {
    const { running, stopped, services } = world(["processor", "responder"]);
    Object.assign(services.get("processor") ?? {}, { stop: () => Promise.reject(new Error("stuck")) });
    await running.stop();
    expect(stopped).toEqual(["server", "responder", "folder"]);
  });
});
