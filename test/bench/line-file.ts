/** A file written line by line, in large pieces. */
import { closeSync, openSync, writeSync } from "node:fs";

export interface LineFile {
  /** Adds a line, given without its end. */
  write(line: string): void;
  /** Writes out the rest; returns the size of the file in bytes. */
  close(): number;
}

const PIECE_CHARACTERS = 1 << 20;

/**
 * Makes the file, or empties it.
 * @throws Error of the file system.
 */
export function createLineFile(path: string): LineFile {
  const file = openSync(path, "w");
  let [piece, bytes] = ["", 0];
  const flush = () => {
    bytes += writeSync(file, piece);
    piece = "";
  };
  return {
    write: (line) => {
      piece += `${line}\n`;
      if (piece.length >= PIECE_CHARACTERS) flush();
    },
    close: () => {
      flush();
      closeSync(file);
      return bytes;
    },
  };
}
