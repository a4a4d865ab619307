/** What a worker may be told to do, and what it tells; and how to have one. */
import { fork } from "node:child_process";
import type { ProcessorPlace } from "./processor.ts";
import type { Production } from "./producer.ts";

/** One at a time. */
export type Wish =
  /** Starts a processor. */
  | { readonly what: "process"; readonly place: ProcessorPlace }
  /** Starts the roles of these settings; the answer is the address. */
  | { readonly what: "serve"; readonly settings: object }
  | ({ readonly what: "produce" } & Production)
  /** Stops what was started. */
  | { readonly what: "stop" }
  | { readonly what: "look" };

/** The end of a wish, with all processor time that the process has used so far. */
export interface Done {
  readonly what: "done";
  readonly answer: string;
  readonly cpuMicros: number;
  readonly atMs: number;
}

export type Told =
  | Done
  | { readonly what: "assigned"; readonly atMs: number }
  | { readonly what: "folded"; readonly events: number; readonly atMs: number };

export type Worker = ReturnType<typeof startWorker>;

/** A process that does one thing after the other. `heard` is told what happens meanwhile. */
export function startWorker(heard: (told: Told) => void = () => {}) {
  const child = fork(new URL("./worker.ts", import.meta.url), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let waiting = Promise.withResolvers<Done>();
  child.on("message", (told: Told) => {
    if (told.what === "done") waiting.resolve(told);
    else heard(told);
  });
  void gone.then(() => waiting.reject(new Error("a worker has ended")));
  return {
    ask(wish: Wish): Promise<Done> {
      waiting = Promise.withResolvers<Done>();
      child.send(wish);
      return waiting.promise;
    },
    /** SIGSTOP. */
    pause: () => child.kill("SIGSTOP"),
    /** `kill -9`. */
    kill(): Promise<void> {
      waiting.promise.catch(() => {});
      child.kill("SIGKILL");
      return gone;
    },
  };
}
