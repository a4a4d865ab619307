/** The command `offgraph`. */
import { codeOf } from "../file-fault.ts";
import { EXIT } from "./failure.ts";
import { run } from "./program.ts";
import { safe, tell } from "./terminal.ts";

/** The last resort: what no command has caught. An unhandled rejection comes here too. */
process.on("uncaughtException", (error: unknown) => {
  tell(`offgraph: an error inside Offgraph: ${safe(error instanceof Error ? error.message : String(error))}`);
  process.exit(EXIT.internal);
});

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error) => process.exit(codeOf(error) === "EPIPE" ? EXIT.ok : EXIT.internal));
await run(process.argv.slice(2));
