#!/usr/bin/env node
// The one door into the program: plain JavaScript, so that an old Node can at least say what is missing.
import { existsSync } from "node:fs";

// What the package for LZ4 (@platformatic/wasm-utils) needs; types are stripped since 22.18.
const needed = [22, 19];
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `offgraph needs Node ${needed.join(".")} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      "In a checkout, `npm ci` brings Node 24 as a development dependency, and `npm run`, `npm start` and `npx` use it.\n" +
      `If install scripts are forbidden here, allow the one of the package "node", or install Node ${needed.join(".")} or newer.\n`,
  );
  process.exit(69);
}

// A checkout runs its sources; the packed tarball holds only what `tsc` made of them.
const source = new URL("../services/cli/main.ts", import.meta.url);
const built = new URL("../dist/services/cli/main.js", import.meta.url);
await import(existsSync(source) ? source.href : built.href);
