/** `npm run scanner` compiles the event scanner's inner part (schemas/scanner/wasm/) and writes it into the sources. */
import { writeFileSync } from "node:fs";
import { COMPILED_PATH, compiledScanner } from "./compiled-scanner.ts";

writeFileSync(COMPILED_PATH, await compiledScanner());
