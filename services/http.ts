/** What a route knows about its caller. The server that fills this in is made in services/main.ts. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Tenant } from "../schemas/ids.ts";
import type { Role } from "../schemas/settings.ts";

/** What a route knows about its caller. */
export interface Access {
  /** Name of the access token, or `loopback`. */
  readonly name: string;
  readonly tenant: Tenant;
  readonly roles: ReadonlySet<Role>;
  /** Sources that the caller may name; undefined: any. */
  readonly sources: ReadonlySet<string> | undefined;
}

/** A route that node's server answers without the router; for the few that are asked so often that the router would be most of the work. */
export interface DirectRoute {
  /** Who may call it. */
  readonly role: Role;
  /** As in `FastifyContextConfig`. */
  readonly foreignHeaders: boolean;
  /** True if the request is for this route. It sees every request of the process, so it has to be quick. */
  matches(request: IncomingMessage): boolean;
  /** Answers a caller who may call it. Errors become answers as those of other routes do. */
  answer(request: IncomingMessage, response: ServerResponse, access: Access): void | Promise<void>;
}

/** A running part of the system. */
export interface Service {
  /** Undefined when ready, else what it waits for. */
  waitingFor(): string | undefined;
  /** What is not as it should be although it runs, and what to do; undefined or absent when all is well. */
  degraded?(): string | undefined;
  stop(): Promise<void>;
  /** Resolves when stopped; rejects when the service has failed. */
  readonly done: Promise<void>;
}

declare module "fastify" {
  interface FastifyRequest {
    access: Access;
  }
  interface FastifyContextConfig {
    /** Who may call the route; a route without a role is open. */
    role?: Role;
    /** The caller passes on the headers of a request that it asks about, so Host and Origin say nothing about the caller. */
    foreignHeaders?: boolean;
  }
}
