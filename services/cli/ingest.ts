/** `offgraph ingest`: files to the running system. Foreign formats are turned into events here; the door is in the server. */
import { Command } from "commander";
import { OffgraphError } from "../../schemas/errors.ts";
import { EXIT, fail } from "./failure.ts";
import type { ReadOptions } from "./ingest-records.ts";
import { type FileInput, latenessOption, placeFiles, sourceOption } from "./inputs.ts";
import { inTimeOrder, merged } from "./merge.ts";
import { type CommandOptions, clientOf, count, remote, settingsOf } from "./options.ts";
import { progressBar } from "./progress.ts";
import { type BatchSender, type FieldWarning, openSender, type Rejected } from "./sender.ts";
import { bold, print, safe, shownCount, tell } from "./terminal.ts";
import type { UnreadFile } from "./unread-files.ts";

/** Lines that are shown when they are not taken; the others are counted. */
const SHOWN_REJECTED = 10;
/** Unknown fields that are shown. */
const SHOWN_FIELDS = 10;

const EXAMPLES = `
Examples:
  offgraph ingest events.ndjson                          our own event schema, one a line (schemas/json/event.json)
  offgraph ingest trail.json.gz --source cloudtrail      AWS CloudTrail as AWS writes it
  my-exporter | offgraph ingest -                        from a pipe

Sending a file again does no harm: events that were taken before are counted once. When it was broken off, --from-line
goes on where it ended.`;

interface Options extends CommandOptions {
  readonly fromLine: number;
}

/** `args` is the whole command line, whose order commander does not keep. */
export function ingestCommand(args: readonly string[]): Command {
  return remote(new Command("ingest"))
    .summary("send events to the running system")
    .description("send events to the running system; answered when they are durable")
    .argument("<files...>", "NDJSON or JSON, also compressed with gzip or zstd; - is standard input")
    .addOption(sourceOption())
    .addOption(latenessOption())
    .option("--from-line <number>", "begin at this line of every file", count, 1)
    .addHelpText("after", EXAMPLES)
    .action(async (_files: string[], options: Options, command: Command) => {
      process.exitCode = await run(placeFiles(args.slice(1), command).files, options);
    });
}

interface Report {
  /** Records that no source could read, by file; the senders count what the system refuses. */
  readonly unread: Map<FileInput, number>;
  /** The first record of each file. */
  readonly first: Map<FileInput, unknown>;
  readonly shown: (Rejected & { readonly file: string })[];
  /** Fields that no event has, by name, with where each of them stood first. */
  readonly unknownFields: Map<string, { readonly file: string; readonly line: number }>;
}

async function run(files: readonly FileInput[], options: Options): Promise<number> {
  const report: Report = { unread: new Map(), first: new Map(), shown: [], unknownFields: new Map() };
  const show = (file: FileInput, rejected: Rejected) => {
    if (report.shown.length < SHOWN_REJECTED) report.shown.push({ file: file.path, ...rejected });
  };
  const warn = (file: FileInput, { field, line }: FieldWarning) => {
    if (report.unknownFields.size < SHOWN_FIELDS && !report.unknownFields.has(field))
      report.unknownFields.set(field, { file: file.path, line });
  };
  const client = clientOf(options);
  const senderOf = (file: FileInput) =>
    openSender(
      client,
      file.source,
      (rejected) => show(file, rejected),
      (warning) => warn(file, warning),
    );
  const senders = new Map(files.map((file) => [file, senderOf(file)]));
  const fault = await send(senders, options, {
    onRecord(file, record) {
      if (report.first.get(file) === undefined) report.first.set(file, record);
    },
    onRejected(file, rejected) {
      report.unread.set(file, (report.unread.get(file) ?? 0) + 1);
      show(file, rejected);
    },
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return conclude(report, senders, options, fault);
}

type Senders = ReadonlyMap<FileInput, BatchSender>;

/** Sends all files, merged by event time up to one batch: whenever one file's batch is full, the others' go too. */
async function send(
  senders: Senders,
  options: Options,
  listener: Pick<ReadOptions, "onRecord" | "onRejected">,
): Promise<void> {
  const { eventsOf } = await import("./ingest-records.ts");
  const converterOf = (await import("./converters.ts")).converters();
  const { maxLineBytes } = (await settingsOf(options)).ingest;
  const bar = progressBar("Sending");
  const bytes = new Map<FileInput, { done: number; total: number }>();
  const sum = (name: "done" | "total") => [...bytes.values()].reduce((all, one) => all + one[name], 0);
  const read = (file: FileInput) => {
    const onBytes = (done: number, total: number) => {
      bytes.set(file, { done, total });
      bar.show(sum("done"), sum("total"), totalOf(senders, "accepted"));
    };
    return inTimeOrder(
      eventsOf(file, { maxLineBytes, fromLine: options.fromLine, converterOf, onBytes, ...listener }),
      file.latenessMs,
    );
  };
  try {
    for await (const { file, line, text } of merged([...senders.keys()].map(read))) {
      if (senders.get(file)?.add(line, text)) await flush(senders);
    }
    await flush(senders);
  } catch (error) {
    // What was read before the fault in a file counts.
    if (error instanceof OffgraphError && error.code.startsWith("file-")) await flush(senders);
    throw error;
  } finally {
    bar.end();
  }
}

async function flush(senders: Senders): Promise<void> {
  for (const sender of senders.values()) await sender.flush();
}

function totalOf(senders: Senders, name: "accepted" | "rejected"): number {
  return [...senders.values()].reduce((sum, sender) => sum + sender[name], 0);
}

async function conclude(report: Report, senders: Senders, options: Options, fault: unknown): Promise<number> {
  const { unread, shown, unknownFields } = report;
  const accepted = totalOf(senders, "accepted");
  const rejected = [...unread.values()].reduce((sum, one) => sum + one, totalOf(senders, "rejected"));
  // Nothing was read: there is nothing to tell.
  if (fault !== undefined && accepted + rejected === 0) return fail(fault);
  const warnings = Array.from(unknownFields, ([field, place]) => ({ field, ...place }));
  if (options.json) print(JSON.stringify({ accepted, rejected, shown, warnings }));
  else {
    printReport(accepted, rejected, shown);
    for (const { field, file, line } of warnings)
      tell(`  ${safe(file)}:${line}: ${safe(field)} is no field of such an event, and was left out`);
  }
  if (fault !== undefined) {
    for (const [file, { settledLine }] of senders)
      if (settledLine > 0) tell(`${safe(file.path)} was sent up to line ${settledLine}.`);
    return fail(fault);
  }
  const { unreadFault } = await import("./unread-files.ts");
  const wrong = unreadFault(unreadFiles(report, senders));
  if (wrong !== undefined) return fail(wrong);
  return rejected > 0 ? EXIT.badInput : EXIT.ok;
}

/** Files with records, none of which was taken. */
function unreadFiles({ unread, first }: Report, senders: Senders): UnreadFile[] {
  return [...senders].flatMap(([file, { accepted, rejected }]) =>
    accepted === 0 && rejected + (unread.get(file) ?? 0) > 0 ? [{ file, record: first.get(file) }] : [],
  );
}

function printReport(accepted: number, rejected: number, shown: Report["shown"]): void {
  print(`${bold(shownCount(accepted, "event"))} accepted, ${bold(shownCount(rejected, "record"))} rejected`);
  for (const { file, line, code, message } of shown)
    tell(`  ${safe(file)}:${line}: ${safe(message)} (${code})`);
  if (rejected > shown.length)
    tell(`  and ${rejected - shown.length} more; \`offgraph dead-letters\` shows the newest`);
}
