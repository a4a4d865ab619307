/** Opens recorded files for a replay. */

import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { Settings } from "../../schemas/settings.ts";
import { clock } from "../adapters/clock.ts";
import { type Key, tierOf } from "../ingest/index.ts";
import { openRecorded } from "../ingest/recorded.ts";
import type { Recorded, RecordedInput } from "../ports/recorded.ts";
import { converters } from "./converters.ts";
import type { FileInput } from "./inputs.ts";
import type { LineFile } from "./line-file.ts";
import type { ReadingNotes } from "./reading-notes.ts";
import type { UnreadFile } from "./unread-files.ts";

/** Where what comes out of a replay is written. */
export interface Outputs {
  readonly findings: LineFile;
  readonly letters: LineFile;
  readonly truth: LineFile;
}

export interface RecordedFiles {
  /** Opens a file. Fails with `unknown-source`; what is wrong with a file itself is told when it is read. */
  open(file: FileInput): Recorded;
  /** Files with records, none of which could be read. */
  unread(): UnreadFile[];
}

export function recordedFiles(
  settings: Settings,
  { letters, truth }: Outputs,
  key: Key,
  notes: ReadingNotes,
): RecordedFiles {
  const { tenant, ingest } = settings;
  const converterOf = converters({ truth: truth.write });
  const opened: Opened[] = [];
  const onRefused = (letter: DeadLetter) => {
    letters.write(letter);
    notes.refused(letter);
  };
  const told = { onRefused, onIgnored: notes.ignored };
  const shared = { tenant, key, clock, tierOf, maxLineBytes: ingest.maxLineBytes, ...told };
  const open = (file: FileInput) => {
    const convert = converterOf(file.source);
    const noting = (record: unknown) => {
      entry.record ??= record;
      return convert(record);
    };
    const recorded = openRecorded({ ...shared, ...file, convert: noting });
    const entry: Opened = { file, recorded, record: undefined };
    opened.push(entry);
    return recorded;
  };
  return {
    open,
    unread: () => opened.filter(({ recorded: { admitted, refused } }) => admitted === 0 && refused > 0),
  };
}

interface Opened {
  readonly file: FileInput;
  readonly recorded: RecordedInput;
  /** The first record that is JSON. */
  record: unknown;
}
