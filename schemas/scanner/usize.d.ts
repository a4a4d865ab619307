/** What AssemblyScript calls a place in memory, so that TypeScript reads wasm/memory.ts too. */
type usize = number;
