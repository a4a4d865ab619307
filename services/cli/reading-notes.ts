/** What went wrong while files were read: the first of each, so that a person need not look for a file of dead letters. */
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import { print, safe } from "./terminal.ts";

/** Refused records and ignored fields that are shown. */
const SHOWN = 5;

export interface ReadingNotes {
  refused(letter: DeadLetter): void;
  ignored(place: string, line: number, fields: readonly string[]): void;
  /** Prints the reasons of the first refused records. */
  printRefused(): void;
  /** Prints the fields that were left out, if there are any. */
  printIgnored(): void;
}

/** Nothing was read yet. */
export function readingNotes(): ReadingNotes {
  const letters: DeadLetter[] = [];
  const fields = new Map<string, string>();
  return {
    refused(letter) {
      if (letters.length < SHOWN) letters.push(letter);
    },
    ignored(place, line, names) {
      for (const name of names)
        if (fields.size < SHOWN && !fields.has(name)) fields.set(name, `${place}:${line}`);
    },
    printRefused() {
      for (const { place, line, message } of letters)
        print(`  ${safe(`${place}:${line ?? "?"}: ${message}`)}`);
    },
    printIgnored() {
      for (const [name, place] of fields)
        print(`${safe(`${place}: ${name}`)}: no event has this field here; it was left out.`);
    },
  };
}
