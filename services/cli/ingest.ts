/** `offgraph ingest`: files to the running system. Foreign formats are turned into events here; the door is in the server. */
import { Command } from "commander";
import { ERRORS } from "../../schemas/errors.ts";
import type { Block, LongRecord } from "../ingest/files.ts";
import type { Converted } from "../ingest/source.ts";
import { EXIT, fail } from "./failure.ts";
import { type FileInput, placeFiles, sourceOption } from "./inputs.ts";
import { clientOf, count, remote, type Shared, settingsOf } from "./options.ts";
import { progressBar } from "./progress.ts";
import { openSender, type Rejected, type Sender } from "./sender.ts";
import { bold, print, safe, tell } from "./terminal.ts";

/** Lines that are shown when they are not taken; the others are counted. */
const SHOWN_REJECTED = 10;

const EXAMPLES = `
Examples:
  offgraph ingest events.ndjson                          our own event schema, one a line (schemas/json/event.json)
  offgraph ingest trail.json.gz --source cloudtrail      AWS CloudTrail as AWS writes it
  my-exporter | offgraph ingest -                        from a pipe

Sending a file again does no harm: events that were taken before are counted once. When it was broken off, --from-line
goes on where it ended.`;

interface Options extends Shared {
  readonly fromLine: number;
}

export function ingestCommand(): Command {
  return remote(new Command("ingest"))
    .description("send events to the running system; answered when they are durable")
    .argument("<files...>", "NDJSON or JSON, also compressed with gzip or zstd; - is standard input")
    .addOption(sourceOption())
    .option("--from-line <number>", "begin at this line of the first file", count, 1)
    .addHelpText("after", EXAMPLES)
    .action(async (_files: string[], options: Options, command: Command) => {
      process.exitCode = await run(placeFiles(process.argv.slice(3), command).files, options);
    });
}

interface Report {
  accepted: number;
  rejected: number;
  readonly shown: (Rejected & { readonly file: string })[];
}

async function run(files: readonly FileInput[], options: Options): Promise<number> {
  const report: Report = { accepted: 0, rejected: 0, shown: [] };
  let fault: unknown;
  for (const [at, file] of files.entries()) {
    fault ??= await send(file, at === 0 ? options.fromLine : 1, options, report).catch(
      (error: unknown) => error,
    );
  }
  const { accepted, rejected, shown } = report;
  if (options.json) print(JSON.stringify({ accepted, rejected, shown }));
  else printReport(report);
  if (fault !== undefined) return fail(fault);
  return accepted === 0 && rejected > 0 ? EXIT.badInput : EXIT.ok;
}

function printReport({ accepted, rejected, shown }: Report): void {
  print(
    `${bold(accepted.toLocaleString("en"))} events accepted, ${bold(rejected.toLocaleString("en"))} records rejected`,
  );
  for (const { file, line, code, message } of shown)
    tell(`  ${safe(file)}:${line}: ${safe(message)} (${code})`);
  if (rejected > shown.length)
    tell(`  and ${rejected - shown.length} more; \`offgraph dead-letters\` shows the newest`);
}

/** Sends one file; what comes of it is added to the report, also when it breaks off. */
async function send(file: FileInput, fromLine: number, options: Options, report: Report): Promise<void> {
  const { readRecords } = await import("../ingest/files.ts");
  const { sourceNamed } = await import("../ingest/sources/index.ts");
  const { ingest } = await settingsOf(options);
  const bar = progressBar("Sending");
  const show = (rejected: Rejected) => {
    if (report.shown.length < SHOWN_REJECTED) report.shown.push({ file: file.path, ...rejected });
  };
  const sender = openSender(clientOf(options), file.source, show);
  const reject = (rejected: Rejected) => {
    report.rejected++;
    show(rejected);
  };
  const convert = file.source === "offgraph" ? undefined : sourceNamed(file.source).open();
  const onProgress = ({
    bytesRead,
    bytesTotal = bytesRead,
  }: {
    bytesRead: number;
    bytesTotal: number | undefined;
  }) => bar.show(bytesRead, bytesTotal, sender.accepted);
  try {
    for await (const block of readRecords(file.path, { maxLineBytes: ingest.maxLineBytes, onProgress })) {
      for (const { line, text, problem } of linesOf(block)) {
        if (line < fromLine) continue;
        if (problem) reject({ line, ...problem });
        else await addRecord(sender, line, text, convert, reject);
      }
    }
    await sender.flush();
  } catch (error) {
    await sender.flush().catch(() => {});
    if (sender.settledLine > 0) tell(`${safe(file.path)} was sent up to line ${sender.settledLine}.`);
    throw error;
  } finally {
    report.accepted += sender.accepted;
    report.rejected += sender.rejected;
    bar.end();
  }
}

interface Line {
  readonly line: number;
  readonly text: string;
  readonly problem?: { readonly code: string; readonly message: string };
}

function* linesOf(block: Block | LongRecord): Generator<Line> {
  if ("code" in block) {
    yield {
      line: block.line,
      text: "",
      problem: {
        code: block.code,
        message: `a record of ${block.bytes} bytes; ${ERRORS[block.code].wayOut}`,
      },
    };
    return;
  }
  for (let at = 0; at < block.count; at++) {
    yield {
      line: block.firstLine + at,
      text: block.bytes.toString("utf8", block.starts[at], block.ends[at]),
    };
  }
}

/** Adds one record: our own as it is, a foreign one as the events that its source makes of it. */
async function addRecord(
  sender: Sender,
  line: number,
  text: string,
  convert: ((record: unknown) => Converted) | undefined,
  reject: (rejected: Rejected) => void,
): Promise<void> {
  if (convert === undefined) return sender.add(line, text);
  const record = parsed(text);
  // The door refuses what is not JSON, and puts it with the dead letters.
  if (record === undefined) return sender.add(line, text);
  const { events, refused } = convert(record);
  if (refused) reject({ line, ...refused });
  for (const event of events) await sender.add(line, JSON.stringify(event));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
