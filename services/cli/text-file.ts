/** Writes a whole text to a file. */
import { writeFileSync } from "node:fs";
import { OffgraphError } from "../../schemas/errors.ts";

/** Fails with `file-unreadable` if the file cannot be made. */
export function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OffgraphError("file-unreadable", `${path}: cannot be written (${code})`, { cause });
  }
}
