/** One Redis or Valkey server, or one Sentinel, as a process of its own: started, killed, paused, and started again on the same folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { endsWithUs } from "./children.ts";

export interface RedisPlace {
  /** `redis-server`, `valkey-server`, or the path of either. */
  readonly program: string;
  /** Holds the append-only file; made if it is not there. */
  readonly folder: string;
  /** Where clients connect, on loopback. */
  readonly port: number;
  readonly args: readonly string[];
  /** What the log says when it can be used. */
  readonly ready: RegExp;
}

/** Lines of the log that are kept, so that one may wait for a line that has already come. */
const KEPT_LINES = 500;

export class RedisServer {
  readonly port: number;
  readonly address: string;
  readonly #place: RedisPlace;
  #process: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #lines: string[] = [];
  #waiting: ((line: string) => void)[] = [];

  constructor(place: RedisPlace) {
    this.#place = place;
    this.port = place.port;
    this.address = `127.0.0.1:${place.port}`;
    mkdirSync(place.folder, { recursive: true });
  }

  /** Starts the process and waits until it takes commands. Rejects with its log if it ends instead. */
  async start(): Promise<void> {
    const { program, args, folder, ready } = this.#place;
    this.#lines = [];
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    endsWithUs(child);
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once("exit", () => resolve()).once("error", (error) => resolve(this.#hear(String(error))));
    this.#exited = promise;
    for (const output of [child.stdout, child.stderr])
      createInterface(output).on("line", (line) => this.#hear(line));
    const died = promise.then(() => Promise.reject(new Error(`${program}: ${this.#lines.join("\n")}`)));
    await Promise.race([this.said(ready), died]);
  }

  /** Resolves when the log has such a line, since the start; `times`: so many of them. */
  said(pattern: RegExp, times = 1): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = times;
    const hear = (line: string) => {
      if (pattern.test(line) && --left === 0) resolve();
    };
    for (const line of this.#lines) hear(line);
    this.#waiting.push(hear);
    return promise.finally(() => {
      this.#waiting = this.#waiting.filter((one) => one !== hear);
    });
  }

  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<unknown> {
    this.#process?.kill("SIGKILL");
    return this.#exited;
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** `kill -9`, and again with the same port and folder. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  #hear(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const hear of [...this.#waiting]) hear(line);
  }
}
