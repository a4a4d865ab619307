/** Sends a story to the real service and kills it at random moments. */
import { setTimeout } from "node:timers/promises";
import { type Random, random } from "../../services/simulator/random.ts";
import { isSettled } from "./books.ts";
import { type ServiceOptions, type ServiceProcess, startService } from "./service.ts";
import { type Batch, type StoryOptions, story } from "./story.ts";

/** What is sent to which service, and how often it is killed meanwhile. */
export interface KillOptions extends ServiceOptions, StoryOptions {
  readonly kills: number;
}

const SETTLE_MS = 30_000;
const POLL_MS = 50;
/** A kill comes within this time after a batch was sent: before it is read, while it is written, or long after. */
const MOMENTS_MS = [10, 50, 300];

/**
 * Sends everything, each batch until it is answered with 202, and kills the service `kills` times. Then lets it come to
 * rest and ends it with SIGTERM. Answers the ids that were accepted.
 */
export async function sendAndKill(options: KillOptions): Promise<ReadonlySet<string>> {
  const { seed, kills } = options;
  const own = random(seed, "kill");
  const batches = story(options, Date.now());
  const killAt = moments(batches, kills, own);
  const accepted = new Set<string>();
  let service = await startService(options);
  for (const batch of batches) {
    const sending = send(service, batch);
    if (killAt.has(batch)) {
      await setTimeout(own.below(own.pick(MOMENTS_MS)));
      await service.stop("SIGKILL");
      service = await startService(options);
      if (!(await sending)) await sendAgain(service, batch);
    } else if (!(await sending)) throw new Error("the service does not answer");
    for (const id of batch.ids) accepted.add(id);
  }
  await rest(service, options);
  return accepted;
}

/** What was not answered may have been taken all the same: then it comes twice. */
async function sendAgain(service: ServiceProcess, batch: Batch): Promise<void> {
  if (!(await send(service, batch))) throw new Error("the service does not answer after its start");
}

/** The batches during or after which it is killed: every other one an attack, as far as there are enough. */
function moments(batches: readonly Batch[], kills: number, own: Random): Set<Batch> {
  const attacks = batches.filter(({ isAttack }) => isAttack);
  const chosen = new Set<Batch>();
  while (chosen.size < Math.min(kills, batches.length))
    chosen.add(own.pick(chosen.size % 2 === 0 && chosen.size < attacks.length ? attacks : batches));
  return chosen;
}

/** Whether the batch was answered with 202. Throws on any other answer; no answer at all is what a killed service gives. */
export async function send({ url }: ServiceProcess, { body }: Batch): Promise<boolean> {
  const headers = { "content-type": "application/x-ndjson" };
  const answer = await fetch(`${url}/v1/events?source=offgraph`, { method: "POST", headers, body }).catch(
    () => undefined,
  );
  const said = await answer?.text().catch(() => undefined);
  if (answer === undefined || said === undefined) return false;
  if (answer.status !== 202 || JSON.parse(said).rejectedTotal !== 0)
    throw new Error(`${answer.status}: ${said}`);
  return true;
}

/** Waits until nothing is on its way any more, and ends the service. Throws if it does not end with 0. */
export async function rest(running: ServiceProcess, options: ServiceOptions): Promise<void> {
  let service = running;
  for (const untilMs = Date.now() + SETTLE_MS; ; service = await startService(options)) {
    while (!(await isSettled(options.folder))) {
      if (Date.now() > untilMs) throw new Error(`not at rest after ${SETTLE_MS} ms`);
      await setTimeout(POLL_MS);
    }
    const code = await service.stop("SIGTERM");
    if (code !== 0) throw new Error(`SIGTERM: ended with ${code}`);
    // What was between two stages when they were looked at goes on at the next start.
    if (await isSettled(options.folder)) return;
  }
}
