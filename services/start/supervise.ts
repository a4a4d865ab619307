/** Keeps the services of a process together: all run, or all stop. */
import type { Logger } from "pino";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Service } from "../http.ts";

interface Supervised {
  /** Stops everything, once, in order; what fails in stopping is logged and holds nothing up. */
  stop(): Promise<void>;
  /** Resolves when stopped; rejects with `internal`, naming the service, if that was because one failed. */
  readonly done: Promise<void>;
}

interface Parts {
  /** In the order in which they are stopped. */
  readonly services: ReadonlyMap<string, Service>;
  /** Before the services: takes no more requests. */
  readonly before: () => Promise<void>;
  /** After the services. */
  readonly after: () => Promise<void>;
  readonly logger: Logger;
}

export function supervise({ services, before, after, logger }: Parts): Supervised {
  const ended = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  let failure: OffgraphError | undefined;
  const attempt = async (name: string, act: () => Promise<void>) => {
    await act().catch((error: unknown) => logger.error({ err: error }, `${name} did not stop cleanly`));
  };
  const stopAll = async () => {
    logger.info("stopping");
    await attempt("the server", before);
    for (const [name, service] of services) await attempt(name, () => service.stop());
    await attempt("the data folder", after);
    logger.info("stopped");
    if (failure === undefined) ended.resolve();
    else ended.reject(failure);
  };
  const stop = () => {
    stopping ??= stopAll();
    return stopping;
  };
  for (const [name, service] of services) {
    service.done.catch((cause: unknown) => {
      failure ??= new OffgraphError(
        "internal",
        `${name} has failed: ${cause instanceof Error ? cause.message : cause}`,
        { cause },
      );
      logger.fatal({ err: cause }, `${name} has failed; stopping everything`);
      void stop();
    });
  }
  return { stop, done: ended.promise };
}
