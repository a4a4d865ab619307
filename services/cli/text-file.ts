/** Writes a whole text to a file. */
import { writeFileSync } from "node:fs";
import { fileFault } from "../file-fault.ts";

/** Fails with `file-unreadable` if the file cannot be made. */
export function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw fileFault(path, "written", cause);
  }
}
