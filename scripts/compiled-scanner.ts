/** The scanner's inner part, compiled from AssemblyScript to WebAssembly, as the text of a TypeScript file. */
import { main } from "assemblyscript/asc";

/** Where the text belongs. */
export const COMPILED_PATH = "schemas/scanner/compiled.ts";

const ENTRY = "schemas/scanner/wasm/scanner.ts";
/** As much as wasm/memory.ts lays out, with four times the longest stretch behind the place of a line. */
const PAGES = 13;
/** Functions with vectors are called by our own code alone. */
const VECTORS_EXCHANGED = "112";

/** Compiles it. Throws what the compiler says if it says anything. */
export async function compiledScanner(): Promise<string> {
  const written: Uint8Array[] = [];
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd"];
  const memory = ["--initialMemory", String(PAGES), "--disableWarning", VECTORS_EXCHANGED];
  const { error, stderr } = await main([ENTRY, ...options, ...memory, "--outFile", "scanner.wasm"], {
    writeFile(_, contents) {
      written.push(Buffer.from(contents));
    },
  });
  if (error !== null) throw new Error(`the scanner does not compile: ${stderr}`, { cause: error });
  const [binary = Buffer.alloc(0)] = written;
  return `/** wasm/scanner.ts, compiled: \`npm run scanner\`. */
export const COMPILED =
  "${Buffer.from(binary).toString("base64")}";
`;
}
