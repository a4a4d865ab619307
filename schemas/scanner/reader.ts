/** The compiled scanner (wasm/), with its tables in its memory. */
import * as view from "../event-view.ts";
import { MAX_TARGETS, ORIGINS, TARGET_LENGTH } from "../operation.ts";
import { COMPILED } from "./compiled.ts";
import type { HashKey } from "./hash-key.ts";
import { ROOT_END, TABLES } from "./tables.ts";
import { KEY } from "./wasm/memory.ts";

/** As much of WebAssembly as is used here: TypeScript declares it with the browser's library alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: Readonly<Record<string, object>>) => { exports: unknown };
};

/** What wasm/scanner.ts exports. */
export interface Reader {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(from: number, end: number, shift: number, strict: number): number;
  hash(from: number, to: number): void;
}

const MODULE = new WebAssembly.Module(Buffer.from(COMPILED, "base64"));

/** Columns of numbers by where they lie in a record, in bytes. */
const PLACES = {
  rootEnd: ROOT_END,
  generation: view.GENERATION * 4,
  status: view.STATUS * 4,
  audiences: view.AUDIENCES * 4,
  targets: view.TARGETS * 4,
  firstTarget: view.TARGET_AT * 4,
  maxTargets: MAX_TARGETS,
  targetLength: TARGET_LENGTH,
  targetOrigins: view.TARGET_ORIGINS * 4,
  sourced: view.SOURCED * 4,
  fromOutput: view.FROM_OUTPUT * 4,
  output: ORIGINS.indexOf("output") + 1,
  headEnd: view.AUDIENCE_AT * 4,
};

/** A scanner with a memory of its own. `looksSecret` judges the text between two places in it. */
export function openReader(key: HashKey, looksSecret: (from: number, to: number) => boolean): Reader {
  const { exports } = new WebAssembly.Instance(MODULE, { host: { ...PLACES, looksSecret } });
  const { memory, scan, hash } = exports as Reader;
  new Uint8Array(memory.buffer).set(TABLES);
  new BigUint64Array(memory.buffer, KEY, key.length).set(key);
  // The exports of each instance are of a shape of their own, which V8 would look up anew for each line; this is of one shape.
  return { memory, scan, hash };
}
