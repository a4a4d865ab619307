/** Labelled recordings, read for evaluation: sessions on one side, what was true of them on the other. */
import { z } from "zod";
import type { Settings } from "../../schemas/settings.ts";
import type { Key } from "../ingest/index.ts";
import { type Gathered, gatherSessions, nothingGathered } from "../replay/evaluate/collect.ts";
import type { Labelled } from "../replay/evaluate/evaluate.ts";
import type { RecordedSession } from "../replay/evaluate/recording.ts";
import { LABELS, type SessionTruth } from "../replay/evaluate/trail.ts";
import { type ProgressBar, progressBar } from "./progress.ts";
import { readingNotes } from "./reading-notes.ts";
import { type RecordedFiles, recordedFiles } from "./recorded-files.ts";
import { unreadFault } from "./unread-files.ts";

/** What a recording says of a session, as the source `sessions` hands it out. */
const LabelRecord = z.object({
  session: z.string(),
  agent: z.string(),
  workflow: z.string().optional(),
  version: z.string().optional(),
  label: z.enum(LABELS),
  commit: z.int().optional(),
  malicious: z.array(z.int()).default([]),
  inj: z.string().nullish(),
});
type LabelRecord = z.infer<typeof LabelRecord>;

const NOWHERE = { write: () => undefined, close: () => "", discard: () => undefined };

/** Reads files in the recorded-session format, each once. Fails if one cannot be read, or holds nothing that can. */
export function reader(settings: Settings, key: Key): (paths: readonly string[]) => Promise<Labelled> {
  return async (paths) => {
    const records = new Map<string, LabelRecord>();
    const keep = (record: object) => {
      const read = LabelRecord.safeParse(record);
      if (read.success && !records.has(read.data.session)) records.set(read.data.session, read.data);
    };
    const outputs = { findings: NOWHERE, letters: NOWHERE, truth: { ...NOWHERE, write: keep } };
    const notes = readingNotes();
    const files = recordedFiles(settings, outputs, key, notes);
    const gathered = nothingGathered();
    const bar = progressBar("Reading");
    for (const path of paths) await readFile(files, path, gathered, bar).finally(bar.end);
    const fault = unreadFault(files.unread());
    if (fault !== undefined) throw fault;
    notes.printRefused();
    const truths = new Map([...records].map(([id, record]) => [id, truthOf(record)]));
    return { sessions: [...gathered.sessions.values(), ...silent(records, gathered)], truths };
  };
}

function readFile(files: RecordedFiles, path: string, gathered: Gathered, bar: ProgressBar): Promise<void> {
  const input = files.open({ path, source: "sessions", latenessMs: 0 });
  return gatherSessions(gathered, input, (calls) => {
    const { done, total } = input.progress();
    bar.show(done, total, calls);
  });
}

/** Sessions that made no call: nothing is ever seen of them, and they count all the same. */
function silent(records: ReadonlyMap<string, LabelRecord>, { sessions }: Gathered): RecordedSession[] {
  const unseen = [...records.values()].filter(({ session }) => !sessions.has(session));
  return unseen.map(({ session: id, agent, workflow, version }) => {
    return { id, agent, workflow, version, trustUnit: version, lines: [] };
  });
}

function truthOf({ label, commit, malicious, inj }: LabelRecord): SessionTruth {
  return { label, commit: commit ?? malicious[0], malicious, goal: inj ?? undefined };
}
