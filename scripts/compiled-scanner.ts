/** The scanner's inner part, compiled from AssemblyScript to WebAssembly, as the text of a TypeScript file. */
import { main } from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";

/** Where the text belongs. */
export const COMPILED_PATH = "schemas/scanner/compiled.ts";

const ENTRY = "schemas/scanner/wasm/scanner.ts";
/** Of 64 KiB: all that wasm/memory.ts lays out, and four times the longest stretch from the place of a line on. */
const PAGES = 13;
/** Vectors in the interface of a function, which only our own code calls. */
const VECTORS_EXCHANGED = "112";
/** AssemblyScript makes one function of two up to a size; one of this size is still worth it here (8 %). */
const INLINE_SIZE = 200;

/** Compiles it. Throws what the compiler says if it says anything. */
export async function compiledScanner(): Promise<string> {
  const text = Buffer.from(optimized(await compiled())).toString("base64");
  return `/** wasm/scanner.ts, compiled: \`npm run scanner\`. */\nexport const COMPILED =\n  "${text}";\n`;
}

async function compiled(): Promise<Uint8Array> {
  const written: Uint8Array[] = [];
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd"];
  const memory = ["--initialMemory", String(PAGES)];
  const quiet = ["--disableWarning", VECTORS_EXCHANGED];
  const { error, stderr } = await main(
    [ENTRY, ...options, ...memory, ...quiet, "--outFile", "scanner.wasm"],
    {
      writeFile(_, contents) {
        written.push(Buffer.from(contents));
      },
    },
  );
  const said = stderr.toString();
  const [binary] = written;
  if (error !== null || said !== "" || binary === undefined)
    throw new Error(`the scanner does not compile: ${said}`, { cause: error });
  return binary;
}

function optimized(binary: Uint8Array): Uint8Array {
  const { SIMD128, MutableGlobals, SignExt, BulkMemory } = binaryen.Features;
  const module = binaryen.readBinaryWithFeatures(binary, SIMD128 | MutableGlobals | SignExt | BulkMemory);
  binaryen.setOptimizeLevel(4);
  binaryen.setShrinkLevel(0);
  binaryen.setFlexibleInlineMaxSize(INLINE_SIZE);
  binaryen.setOneCallerInlineMaxSize(10_000);
  module.optimize();
  return module.emitBinary();
}
